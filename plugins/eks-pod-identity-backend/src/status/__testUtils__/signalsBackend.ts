import type { Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { createBackend } from '@backstage/backend-defaults';
import { rootHttpRouterServiceFactory } from '@backstage/backend-defaults/rootHttpRouter';
import { createServiceFactory } from '@backstage/backend-plugin-api';
import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import {
  DefaultEventsService,
  eventsServiceRef,
} from '@backstage/plugin-events-node';
import signalsPlugin from '@backstage/plugin-signals-backend';
import type { WebSocketInit } from 'undici';
import { until } from 'eks-sandbox/patience';

/** The one of Node.js, which takes headers; the package's stumbles over a page's own `Event`. */
const NodeWebSocket = WebSocket as unknown as new (
  url: string,
  init: WebSocketInit,
) => WebSocket;

/** A channel of these tests alone, which shows that the subscriptions before it are in force. */
const READY = 'ready';
const isReady = (signal: unknown) =>
  (signal as { channel?: string }).channel === READY;

/**
 * A backend of its own with the signals plugin. It shares an event bus with those who get `bus`, as replicas do: what
 * one publishes, the other's sockets get.
 */
export async function startSignals() {
  const events = DefaultEventsService.create({
    logger: mockServices.logger.mock(),
  });
  const published: unknown[] = [];
  await events.subscribe({
    id: 'listening',
    topics: ['signals'],
    onEvent: async ({ eventPayload }) => {
      if (!isReady(eventPayload)) published.push(eventPayload);
    },
  });
  const bus = createServiceFactory({
    service: eventsServiceRef,
    deps: {},
    factory: () => events,
  });
  let server: Server | undefined;
  const backend = createBackend();
  for (const feature of [
    bus,
    signalsPlugin,
    mockServices.auth.factory(),
    mockServices.httpAuth.factory(),
    mockServices.userInfo.factory(),
    mockServices.rootLogger.factory(),
    mockServices.rootConfig.factory({
      data: {
        app: { baseUrl: 'http://127.0.0.1' },
        backend: {
          baseUrl: 'http://127.0.0.1',
          listen: { host: '127.0.0.1', port: 0 },
        },
      },
    }),
    rootHttpRouterServiceFactory({
      configure: ({ applyDefaults, server: made }) => {
        server = made;
        applyDefaults();
      },
    }),
  ]) {
    backend.add(feature);
  }
  await backend.start();
  const sockets: WebSocket[] = [];

  return {
    /** For the backend that publishes. */
    bus,
    /** Every signal as it was published. */
    published,
    /** A browser of this user that is subscribed to the channels; answers what it received, growing. */
    async subscribe(
      user: string,
      channels: string[],
      onMessage: () => void = () => {},
    ) {
      const { port } = server!.address() as AddressInfo;
      const socket = new NodeWebSocket(`ws://127.0.0.1:${port}/api/signals`, {
        headers: { authorization: mockCredentials.user.header(user) },
      });
      sockets.push(socket);
      const received: unknown[] = [];
      let ready = false;
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(data);
        if (isReady(message)) {
          ready = true;
          return;
        }
        received.push(message);
        onMessage();
      });
      await new Promise((resolve, reject) => {
        socket.addEventListener('open', resolve);
        socket.addEventListener('error', reject);
      });
      for (const channel of [...channels, READY]) {
        socket.send(JSON.stringify({ action: 'subscribe', channel }));
      }
      // The server does not answer a subscription; it takes them in their order
      await until(async () => {
        await events.publish({
          topic: 'signals',
          eventPayload: {
            recipients: { type: 'broadcast' },
            channel: READY,
            message: {},
          },
        });
        return ready;
      });
      return received;
    },
    async stop() {
      for (const socket of sockets) socket.close();
      await backend.stop();
    },
  };
}
