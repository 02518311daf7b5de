import { type Fact, valueOf } from '../framework/fact';
import type {
  ContainerFact,
  PodFact,
  WorkloadsFact,
} from '../framework/facts/workloads';

/** What the templates of running pods say, as far as they were read. */
export interface Templates {
  /** The container in the template of the pod's workload. */
  containerOf(pod: PodFact, name: string): ContainerFact | undefined;
  /** Of what pods carry and their templates do not: where it comes from, one sentence for each workload. */
  origins(pods: readonly PodFact[], what: string): string[];
}

export function templatesOf(workloads: Fact<WorkloadsFact>): Templates {
  const found = valueOf(workloads)?.found ?? [];
  const workloadOf = ({ owner }: PodFact) =>
    found.find(one => one.kind === owner.kind && one.name === owner.name);
  return {
    containerOf: (pod, name) =>
      workloadOf(pod)?.template.containers.find(one => one.name === name),
    origins: (pods, what) =>
      [...new Set(pods.flatMap(pod => workloadOf(pod) ?? []))].map(one => {
        const named = `${one.kind} ${one.name}`;
        return one.older
          ? `The template of ${named} does not have ${what} any more: the pods are of an older one until they are replaced, unless an admission webhook adds it.`
          : `The template of ${named} does not have ${what}: an admission webhook adds it. Let that webhook, or the policy behind it, leave these pods alone; a change of the template does not help.`;
      }),
  };
}

/** Where no template was read: all that a pod carries may come from there. */
export const NO_TEMPLATES: Templates = {
  containerOf: () => undefined,
  origins: () => [],
};
