import { createHash } from 'node:crypto';
import type {
  BackstageCredentials,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { isError } from '@backstage/errors';
import {
  Operation,
  PodIdentityApi,
  StartOperation,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityService } from 'backstage-plugin-eks-pod-identity-node';
import { asAnswer, errorFromRequest, VerificationFailedError } from './errors';
import { logEvent } from './logEvent';

/** How long a cancelled operation may take to clean up before the step ends without its last events. */
const FAREWELL_MS = 30_000;

/** How long the removal of what a cancelled task created may take. */
const UNDO_MS = 300_000;

/** The part of an action's context that following needs. */
export interface FollowContext {
  logger: LoggerService;
  task: { id: string };
  step?: { id?: string };
  signal?: AbortSignal;
  getInitiatorCredentials(): Promise<BackstageCredentials>;
}

/** A client that acts on behalf of the user who started the task. */
export async function clientFor(
  ctx: Pick<FollowContext, 'getInitiatorCredentials'>,
  podIdentity: PodIdentityService,
): Promise<PodIdentityApi> {
  return podIdentity.createClient({
    credentials: await ctx.getInitiatorCredentials(),
  });
}

/** Makes a request; an error says in one sentence what went wrong. */
export async function withRequestErrors<T>(
  request: () => Promise<T>,
): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw errorFromRequest(error);
  }
}

/**
 * Made from task and step: a restarted scaffolder runs the step again while the engine is still working, and finds the
 * operation that it started. A step with `each` runs once per item with the same id, so the key contains the service
 * account too.
 */
function idempotencyKey(ctx: FollowContext, start: StartOperation): string {
  const { clusterName, namespace, serviceAccount } = start.input;
  const ref = createHash('sha256')
    .update(`${clusterName}/${namespace}/${serviceAccount}`)
    .digest('hex')
    .slice(0, 16);
  const step = ctx.step?.id ?? start.kind;
  return `${ctx.task.id}:${step.slice(0, 150)}:${ref}`;
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

/** Asks the engine to stop, and logs what it says about what remains. */
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
      } was asked to stop, but its outcome is unknown: ${
        errorFromRequest(error).message
      }`,
    );
  }
}

/**
 * Removes what the task created so far.
 *
 * @returns whether nothing of it remains
 */
async function undo(
  client: PodIdentityApi,
  ctx: FollowContext,
  { input }: StartOperation,
): Promise<boolean> {
  const { clusterName, namespace, serviceAccount, entityRef } = input;
  const signal = AbortSignal.timeout(UNDO_MS);
  ctx.logger.info('Removing what this run created');
  try {
    const removal = await client.startOperation(
      {
        kind: 'teardown',
        taskId: ctx.task.id,
        idempotencyKey: `${ctx.task.id}:undo`,
        input: {
          clusterName,
          namespace,
          serviceAccount,
          entityRef,
          createdByTask: ctx.task.id,
        },
      },
      { signal },
    );
    await logUntilEnd(client, ctx, removal, { after: 0, signal });
    const { state, error } = await client.getOperation(removal.id, { signal });
    if (state === 'succeeded') return true;
    ctx.logger.warn(`Not everything was removed: ${error?.message ?? state}`);
  } catch (error) {
    ctx.logger.warn(
      `Not everything was removed: ${errorFromRequest(error).message}`,
    );
  }
  return false;
}

/** Address of the form that removes what an operation made, filled in. */
function removalForm({ input }: StartOperation, appUrl: string): string {
  const { entityRef, clusterName, namespace, serviceAccount } = input;
  const form = new URL(
    'create/templates/default/remove-aws-identity',
    appUrl.endsWith('/') ? appUrl : `${appUrl}/`,
  );
  form.searchParams.set(
    'formData',
    JSON.stringify({ entityRef, clusterName, namespace, serviceAccount }),
  );
  return form.href;
}

/** What a cancelled operation leaves, and both ways on. */
function whatRemains(
  { kind, ref: account }: Operation,
  start: StartOperation,
  appUrl?: string,
): string {
  const ref = stringifyServiceAccountRef(account);
  switch (kind) {
    case 'migrate':
      return `What the move had done stands: to go on, run eks:pod-identity:migrate again for ${ref}; to take it back, choose "Roll back" on the card of its component or run the action eks:pod-identity:rollback`;
    case 'rollback':
      return `What the way back had done stands: to end it, run eks:pod-identity:rollback again for ${ref}; to stay on Pod Identity, run eks:pod-identity:migrate`;
    default:
      return `Changes made before remain: to remove them, run the action eks:pod-identity:teardown for ${ref} or the template "Remove a component's AWS identity"${
        appUrl ? `: ${removalForm(start, appUrl)}` : ''
      }`;
  }
}

/**
 * Starts an operation on behalf of the task's initiator and writes its events to the task's log until it has ended.
 * Aborting the task cancels the operation and, where the template says so, removes what the task created.
 *
 * @returns the operation as it ended: succeeded, failed or cancelled
 */
export async function followOperation(
  { podIdentity, appUrl }: { podIdentity: PodIdentityService; appUrl?: string },
  ctx: FollowContext,
  start: StartOperation,
  { undoWhenCancelled = false }: { undoWhenCancelled?: boolean } = {},
): Promise<Operation> {
  const client = await clientFor(ctx, podIdentity);
  ctx.signal?.throwIfAborted();
  // Without the signal: to cancel an accepted operation, its id must be known
  const operation = await withRequestErrors(() =>
    client.startOperation({
      ...start,
      taskId: ctx.task.id,
      idempotencyKey: idempotencyKey(ctx, start),
    }),
  );
  const progress = { after: 0, signal: ctx.signal };
  try {
    await logUntilEnd(client, ctx, operation, progress);
    return await client.getOperation(operation.id, { signal: ctx.signal });
  } catch (error) {
    if (!ctx.signal?.aborted) throw errorFromRequest(error);
    await cancel(client, ctx, operation, progress.after);
    if (undoWhenCancelled && (await undo(client, ctx, start))) {
      throw asAnswer(new Error('Cancelled. What this run created is removed.'));
    }
    throw asAnswer(
      new Error(`Cancelled. ${whatRemains(operation, start, appUrl)}`),
    );
  }
}

/**
 * Does the work of a step and, where the template says so, removes what the task created if that fails. What could not
 * be tested stays.
 */
export async function undoingFailure<T>(
  podIdentity: PodIdentityService,
  ctx: FollowContext,
  start: StartOperation,
  undoWhenFailed: boolean,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const untested =
      error instanceof VerificationFailedError && error.status !== 'broken';
    if (undoWhenFailed && !untested && !ctx.signal?.aborted && isError(error)) {
      const client = await clientFor(ctx, podIdentity);
      if (await undo(client, ctx, start)) {
        const said = error.message.replace(/\.$/, '');
        error.message = `${said}. What this run created is removed.`;
        asAnswer(error);
      }
    }
    throw error;
  }
}
