import { createHash } from 'node:crypto';
import type {
  BackstageCredentials,
  LoggerService,
} from '@backstage/backend-plugin-api';
import {
  Operation,
  PodIdentityApi,
  StartOperation,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityService } from 'backstage-plugin-eks-pod-identity-node';
import { asAnswer, errorFromRequest } from './errors';
import { logEvent } from './logEvent';

/** How long a cancelled operation may take to clean up before the step ends without its last events. */
const FAREWELL_MS = 30_000;

/** How long the removal of what a cancelled task created may take. */
const UNDO_MS = 300_000;

const REMOVED = 'What this run created is removed.';
const NOTHING_REMOVED = 'Nothing was removed.';

/** The part of an action's context that following needs. */
export interface FollowContext {
  logger: LoggerService;
  task: { id: string };
  step?: { id?: string };
  templateInfo?: { entity?: { metadata: { namespace?: string } } };
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
 * Removes what the task created so far at the service account of a step.
 *
 * @returns how many resources are gone; undefined where some may remain
 */
async function undo(
  client: PodIdentityApi,
  ctx: FollowContext,
  { input }: StartOperation,
): Promise<number | undefined> {
  const { clusterName, namespace, serviceAccount, entityRef } = input;
  const signal = AbortSignal.timeout(UNDO_MS);
  const createdByTask = ctx.task.id;
  const start: StartOperation = {
    kind: 'teardown',
    input: { clusterName, namespace, serviceAccount, entityRef, createdByTask },
  };
  ctx.logger.info('Removing what this run created');
  try {
    const removal = await client.startOperation(
      {
        ...start,
        taskId: ctx.task.id,
        idempotencyKey: idempotencyKey({ ...ctx, step: { id: 'undo' } }, start),
      },
      { signal },
    );
    await logUntilEnd(client, ctx, removal, { after: 0, signal });
    const { state, error, result } = await client.getOperation(removal.id, {
      signal,
    });
    if (state === 'succeeded' && result?.kind === 'teardown') {
      return result.removed.length;
    }
    ctx.logger.warn(`Not everything was removed: ${error?.message ?? state}`);
  } catch (error) {
    ctx.logger.warn(
      `Not everything was removed: ${errorFromRequest(error).message}`,
    );
  }
  return undefined;
}

/**
 * Address of the form that removes what an operation made, filled in. Its template is expected beside the one that runs;
 * undefined where the namespace of that is not known.
 */
function removalForm(
  { templateInfo }: FollowContext,
  { input }: StartOperation,
  appUrl: string,
): string | undefined {
  const beside = templateInfo?.entity?.metadata.namespace;
  if (!beside) return undefined;
  const { entityRef, clusterName, namespace, serviceAccount } = input;
  const form = new URL(
    `create/templates/${encodeURIComponent(beside)}/remove-aws-identity`,
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
  form: string | undefined,
): string {
  const ref = stringifyServiceAccountRef(account);
  switch (kind) {
    case 'migrate':
      return `What the move had done stands: to go on, run eks:pod-identity:migrate again for ${ref}; to take it back, choose "Roll back" on the card of its component or run the action eks:pod-identity:rollback`;
    case 'rollback':
      return `What the way back had done stands: to end it, run eks:pod-identity:rollback again for ${ref}; to stay on Pod Identity, run eks:pod-identity:migrate`;
    default:
      return `Changes made before remain: to remove them, run the action eks:pod-identity:teardown for ${ref} or the template "Remove a component's AWS identity"${
        form ? `: ${form}` : ''
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
    const removed = undoWhenCancelled
      ? await undo(client, ctx, start)
      : undefined;
    if (removed !== undefined) {
      throw asAnswer(
        new Error(`Cancelled. ${removed > 0 ? REMOVED : NOTHING_REMOVED}`),
      );
    }
    const form = appUrl && removalForm(ctx, start, appUrl);
    throw asAnswer(new Error(`Cancelled. ${whatRemains(operation, form)}`));
  }
}

/**
 * Removes what the task created, because its step failed with an error.
 *
 * @returns the same error, which also says that something was removed
 */
export async function undone<E extends Error>(
  error: E,
  podIdentity: PodIdentityService,
  ctx: FollowContext,
  start: StartOperation,
): Promise<E> {
  const client = await clientFor(ctx, podIdentity);
  const removed = await undo(client, ctx, start);
  if (removed) {
    error.message = `${error.message.replace(/\.$/, '')}. ${REMOVED}`;
  }
  return asAnswer(error);
}
