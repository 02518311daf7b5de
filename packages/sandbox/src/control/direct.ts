import type { KubernetesClusterHandle } from '../kubernetes';
import { ControlError } from '../core/controlError';

/** Methods of a cluster's Kubernetes side for other processes: all those that take no function. */
export const CLUSTER_METHODS = [
  'apply',
  'get',
  'list',
  'delete',
  'serviceAccountToken',
  'agentLoopbackUrl',
  'setLoopbackAgent',
  'setAgent',
  'setAgentPort',
  'setEksAuthPath',
  'setHopLimit',
  'log',
  'setNodeCredentials',
  'setWebhook',
  'pinApiServer',
  'setImages',
  'blockAws',
  'setPodSecurity',
  'addNode',
  'removeNode',
  'taint',
] as const satisfies readonly (keyof KubernetesClusterHandle)[];

/** Names inherited by every object, which are never callable. */
const NEVER = new Set(Object.getOwnPropertyNames(Object.prototype));

/**
 * Calls a method such as `iam.putRole` by its path: own properties on the way, a method at the end, and nothing from
 * `Object.prototype`. The classes keep what must stay unreachable in `#private` fields.
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
  // JSON has no undefined: an omitted argument arrives as null.
  const given = args.map(arg => (arg === null ? undefined : arg));
  return await method.apply(target, given);
}
