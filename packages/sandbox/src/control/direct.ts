import type { KubernetesClusterHandle } from '../kubernetes';
import { ControlError } from './router';

/** What other processes may ask of a cluster's Kubernetes side: all that needs no function to be handed over. */
export const CLUSTER_METHODS = [
  'apply',
  'get',
  'list',
  'delete',
  'serviceAccountToken',
  'agentLoopbackUrl',
  'setLoopbackAgent',
  'setAgent',
  'setWebhook',
  'pinApiServer',
  'setImages',
  'blockAws',
  'setPodSecurity',
  'addNode',
  'removeNode',
  'taint',
] as const satisfies readonly (keyof KubernetesClusterHandle)[];

/** Names that are no methods of their own, whatever object they are asked of. */
const NEVER = new Set(Object.getOwnPropertyNames(Object.prototype));

/**
 * Calls `iam.putRole` and the like on an object by its path: own properties on the way, a method at the end, nothing of
 * `Object.prototype`. What must not be reached is a `#private` field of the classes behind it.
 */
export async function callDirect(
  root: object,
  path: string,
  args: unknown[],
): Promise<unknown> {
  const steps = path.split('.');
  const name = steps.pop()!;
  let target: object = root;
  for (const step of steps) {
    const next: unknown = Object.hasOwn(target, step)
      ? (target as Record<string, unknown>)[step]
      : undefined;
    if (typeof next !== 'object' || next === null) {
      throw new ControlError(`There is nothing called ${path}.`, 404);
    }
    target = next;
  }
  const method = NEVER.has(name)
    ? undefined
    : (target as Record<string, unknown>)[name];
  if (typeof method !== 'function') {
    throw new ControlError(`There is no method ${path}.`, 404);
  }
  // JSON has no undefined: a left-out argument arrives as null.
  const given = args.map(arg => (arg === null ? undefined : arg));
  return await method.apply(target, given);
}
