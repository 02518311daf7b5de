import { isKubernetesError } from '../../kubernetes/errors';
import type { KubernetesApi } from '../../kubernetes/types';
import { type Voice, settingOf, voiceOf } from '../../text/voice';
import type { Collecting } from '../framework/collecting';
import { Fact, Lack, known, lacking, valueOf } from '../framework/fact';
import type { KubernetesRight } from '../framework/rights';
import { lackOfKubernetes } from './lacks';

export const noKubernetes = (cluster: { voice?: Voice }): Lack => ({
  kind: 'off',
  sentence: `Not checked: this cluster is configured without access to its Kubernetes API (${settingOf(
    voiceOf(cluster),
    'kubernetes.access: none',
  )}).`,
});

/** Calls the cluster's Kubernetes API, under the role that reads unless `session` says otherwise; an error becomes a lack that names the right. */
export async function askKubernetes<T>(
  c: Pick<Collecting, 'get' | 'read' | 'signal'>,
  right: KubernetesRight,
  ask: (kubernetes: KubernetesApi, signal: AbortSignal) => Promise<T>,
  session = c.read,
): Promise<Fact<T>> {
  if (session.cluster.kubernetes.access === 'none') {
    return lacking(noKubernetes(session.cluster));
  }
  const cluster = await c.get('cluster');
  if (cluster.known && cluster.value === null) {
    return lacking({
      kind: 'because',
      because: 'cluster.active',
      sentence: 'Not checked, because the cluster does not exist.',
    });
  }
  try {
    const kubernetes = await session.kubernetes({ signal: c.signal });
    return known(await ask(kubernetes, c.signal));
  } catch (error) {
    c.signal.throwIfAborted();
    const refused = isKubernetesError(error, 'unauthorized');
    return lacking(
      lackOfKubernetes(error, right, {
        cluster: session.cluster,
        role: session.role,
        authenticationMode: valueOf(cluster)?.authenticationMode,
        arn:
          session.cluster.roles[session.role] ??
          (refused
            ? valueOf(await c.get('principal')) ?? undefined
            : undefined),
      }),
    );
  }
}

/** Reads one after the other; stops at the first lack. */
export function andThen<T, U>(fact: Fact<T>, next: (value: T) => U): Fact<U> {
  return fact.known ? known(next(fact.value)) : fact;
}
