import { createServiceFactory } from '@backstage/backend-plugin-api';
import { mockServices } from '@backstage/backend-test-utils';
import {
  NotificationSendOptions,
  notificationService,
} from '@backstage/plugin-notifications-node';
import type {
  PodIdentityClient,
  StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import { follow } from './testBackend';

/** A scheduler whose tasks run only when the test runs them; it notes which ones were to run at once. */
export function tasksByHand() {
  const tasks = new Map<string, (signal: AbortSignal) => unknown>();
  const triggered: string[] = [];
  const { factory } = mockServices.scheduler.mock({
    scheduleTask: async task => {
      tasks.set(task.id, signal => task.fn(signal));
    },
    triggerTask: async id => {
      triggered.push(id);
    },
  });
  return { tasks, triggered, scheduler: factory };
}

/** A notification service that sends nothing and hands each notification over. */
export const notificationsTo = (
  keep: (notification: NotificationSendOptions) => void,
) =>
  createServiceFactory({
    service: notificationService,
    deps: {},
    factory: () => ({
      send: async (notification: NotificationSendOptions) => keep(notification),
    }),
  });

/** Runs an operation to its end, and fails the test where the operation fails. */
export async function carryOut(
  client: PodIdentityClient,
  request: StartOperation,
): Promise<void> {
  const { id } = await client.startOperation(request);
  await follow(client, id);
  expect((await client.getOperation(id)).error).toBeUndefined();
}
