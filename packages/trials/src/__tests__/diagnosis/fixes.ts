import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import type { Stage } from 'eks-sandbox';
import type { LifecycleWorld } from '../../../../engine/src/lifecycle/__testUtils__/LifecycleWorld';
import { must, type Shell } from './shell';

/** Wall time that controllers get after a fix. */
const SETTLED_MS = 15_000;

/** Runs what a check prints, as it is printed. */
export async function runFix(
  shell: Shell,
  cause: CheckResult | undefined,
): Promise<string> {
  const snippet = cause?.fix?.snippet;
  if (!snippet || snippet.language === 'text') {
    throw new Error(`${cause?.id} prints no command.`);
  }
  const { language, text } = snippet;
  const script =
    language === 'yaml' ? `kubectl apply -f - <<'END'\n${text}\nEND` : text;
  await must(shell, script);
  return script;
}

/** Waits until the controllers have done what a fix led to: workloads and the agent's DaemonSet are rolled out. */
export async function settle(
  { sandbox }: LifecycleWorld,
  ref: Stage['identity'],
) {
  const kube = sandbox.cluster(ref.cluster);
  const unready = () => [
    ...kube.list('deployments', ref.namespace).filter(
      ({ metadata, spec, status }) =>
        status?.observedGeneration !== metadata.generation ||
        // A count of 0 is left out.
        (status?.updatedReplicas ?? 0) !== spec.replicas ||
        (status?.replicas ?? 0) !== spec.replicas ||
        (status?.readyReplicas ?? 0) !== spec.replicas,
    ),
    ...kube
      .list('statefulsets', ref.namespace)
      .filter(({ spec, status }) => status?.readyReplicas !== spec.replicas),
    ...['kube-system', ref.namespace]
      .flatMap(namespace => kube.list('daemonsets', namespace))
      .filter(
        ({ status }) =>
          (status?.numberReady ?? 0) !== status?.desiredNumberScheduled,
      ),
    ...kube
      .list('pods', ref.namespace)
      .filter(({ metadata }) => metadata.deletionTimestamp),
  ];
  for (let waited = 0; waited < SETTLED_MS && unready().length; waited += 100) {
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
