import type {
  BackstageCredentials,
  LoggerService,
} from '@backstage/backend-plugin-api';
import {
  isFinished,
  Operation,
  PodIdentityApi,
  StartOperation,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityService } from 'backstage-plugin-eks-pod-identity-node';
import { errorFromRequest } from './errors';
import { logEvent } from './logEvent';

/** How long a cancelled operation may take to clean up after itself before the step ends without its last words. */
const FAREWELL_MS = 30_000;

/** What following needs of an action's context. */
export interface FollowContext {
  logger: LoggerService;
  task: { id: string };
  step?: { id?: string };
  signal?: AbortSignal;
  getInitiatorCredentials(): Promise<BackstageCredentials>;
}

/** A client that acts for whoever started the task. */
export async function clientFor(
  ctx: Pick<FollowContext, 'getInitiatorCredentials'>,
  podIdentity: PodIdentityService,
): Promise<PodIdentityApi> {
  return podIdentity.createClient({
    credentials: await ctx.getInitiatorCredentials(),
  });
}

/** Runs a request, turning what goes wrong on the way into a sentence. */
export async function asking<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw errorFromRequest(error);
  }
}

/**
 * Starts an operation, or finds the one that this very step already started: a scaffolder that was restarted runs
 * the step again while the engine is still at work.
 *
 * One that has already ended is no answer to a retry, since the world has moved on: then another is started, which
 * finds what is there and does the rest.
 */
async function startOrJoin(
  client: PodIdentityApi,
  ctx: FollowContext,
  start: StartOperation,
): Promise<Operation> {
  const { clusterName, namespace, serviceAccount } = start.input;
  const ref = stringifyServiceAccountRef({
    cluster: clusterName,
    namespace,
    serviceAccount,
  });
  // A step with `each` runs once an item under one id, so the key names the ServiceAccount too
  const base = `${ctx.task.id}:${ctx.step?.id ?? start.kind}:${ref}`;
  let key = base;
  for (let attempt = 0; ; attempt += 1) {
    ctx.signal?.throwIfAborted();
    // Not abortable itself: an operation that was accepted must be known, to be cancelled
    const operation = await client.startOperation({
      ...start,
      taskId: ctx.task.id,
      idempotencyKey: key.slice(-256),
    });
    if (!isFinished(operation.state) || attempt === 20) return operation;
    key = `${base}:after:${operation.id}`;
  }
}

async function logUntilEnd(
  client: PodIdentityApi,
  ctx: FollowContext,
  operation: Operation,
  options: { after: number; signal?: AbortSignal },
): Promise<void> {
  for await (const event of client.followOperation(operation.id, options)) {
    options.after = event.seq;
    logEvent(ctx.logger, event);
  }
}

/** Asks the engine to stop, and shows what it says about what stands. */
async function cancel(
  client: PodIdentityApi,
  ctx: FollowContext,
  operation: Operation,
  after: number,
): Promise<void> {
  const deadline = AbortSignal.timeout(FAREWELL_MS);
  try {
    await client.cancelOperation(operation.id, { signal: deadline });
    await logUntilEnd(client, ctx, operation, { after, signal: deadline });
  } catch (error) {
    ctx.logger.warn(
      `The operation ${
        operation.id
      } was asked to stop, but how it ended is not known: ${
        errorFromRequest(error).message
      }`,
    );
  }
}

/**
 * Starts an operation on behalf of the task's initiator and writes its events to the task's log until it has ended.
 * Aborting the task cancels the operation.
 *
 * @returns the operation as it ended: succeeded, failed or cancelled
 */
export async function followOperation(
  podIdentity: PodIdentityService,
  ctx: FollowContext,
  start: StartOperation,
): Promise<Operation> {
  const client = await clientFor(ctx, podIdentity);
  const operation = await asking(() => startOrJoin(client, ctx, start));
  const progress = { after: 0, signal: ctx.signal };
  try {
    await logUntilEnd(client, ctx, operation, progress);
    return await client.getOperation(operation.id, { signal: ctx.signal });
  } catch (error) {
    if (!ctx.signal?.aborted) throw errorFromRequest(error);
    await cancel(client, ctx, operation, progress.after);
    throw new Error(
      `Cancelled. What was done before stands: to take it away, run the template "Remove a component's AWS identity" or the action eks:pod-identity:teardown for ${stringifyServiceAccountRef(
        operation.ref,
      )}`,
    );
  }
}
