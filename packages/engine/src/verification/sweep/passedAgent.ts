import type { V1Container, V1DaemonSet, V1Pod } from '../../kubernetes/objects';
import type { ListPage } from '../../kubernetes/types';
import {
  agentPodFact,
  daemonSetFact,
  hasAgent,
  isOfAgent,
} from '../agent/agentObjects';
import { mayBeByHand, withLastWords } from '../agent/kubernetesAgent';
import { known, valueOf } from '../framework/fact';
import type { AgentPodFact, DaemonSetFact } from '../framework/facts/agent';
import type { FactProvider } from '../framework/request';

/** What looks like the agent, of a list of the whole cluster. */
export interface LikeAgent<Kept> {
  /** Those with the label of the add-on. */
  labelled: Kept[];
  /** Those with the agent's image alone. */
  byImage: { kept: Kept; labels: Record<string, string> }[];
}

interface Kind<Kept> {
  fact(one: any): Kept;
  containers(one: any): V1Container[] | undefined;
}

export const podLikeAgent: Kind<AgentPodFact> = {
  fact: agentPodFact,
  containers: ({ spec }: V1Pod) => spec?.containers,
};

export const setLikeAgent: Kind<DaemonSetFact> = {
  fact: daemonSetFact,
  containers: ({ spec }: V1DaemonSet) => spec?.template?.spec?.containers,
};

/** Keeps what looks like the agent in a list that is on its way to another reader. */
export async function* takingAgent<T extends Pick<V1Pod, 'metadata'>, Kept>(
  pages: AsyncIterable<ListPage<T>>,
  { fact, containers }: Kind<Kept>,
  keep: (found: LikeAgent<Kept>) => void,
): AsyncGenerator<ListPage<T>, void, undefined> {
  const found: LikeAgent<Kept> = { labelled: [], byImage: [] };
  for await (const page of pages) {
    for (const one of page.items) {
      if (isOfAgent(one)) found.labelled.push(fact(one));
      else if (hasAgent(containers(one))) {
        const { labels = {} } = one.metadata ?? {};
        found.byImage.push({ kept: fact(one), labels });
      }
    }
    yield page;
  }
  keep(found);
}

type Asked<N extends 'agentDaemonSets' | 'agentPods'> = Parameters<
  FactProvider<N>
>[0];

/** From the list that passed, where one did; else collected. */
export async function setsOfAgent(
  asked: Asked<'agentDaemonSets'>,
  passed: LikeAgent<DaemonSetFact> | undefined,
) {
  if (!passed) return asked.collect();
  const { labelled, byImage } = passed;
  const isByHand = labelled.length === 0 && (await mayBeByHand(asked));
  return known(isByHand ? byImage.map(({ kept }) => kept) : labelled);
}

/** Whether a pod with these labels is of the DaemonSet, and no copy with the same image. */
const isOf = (
  { namespace, selector = '' }: DaemonSetFact,
  pod: AgentPodFact,
  labels: Record<string, string>,
) =>
  selector !== '' &&
  namespace === pod.namespace &&
  selector.split(',').every(pair => {
    const [key, value] = pair.split('=');
    return labels[key] === value;
  });

/** From the list that passed, where one did; else collected. */
export async function podsOfAgent(
  asked: Asked<'agentPods'>,
  passed: LikeAgent<AgentPodFact> | undefined,
) {
  if (!passed) return asked.collect();
  const { labelled, byImage } = passed;
  const sets = valueOf(await asked.get('agentDaemonSets')) ?? [];
  const ofSets = byImage
    .filter(({ kept, labels }) => sets.some(set => isOf(set, kept, labels)))
    .map(({ kept }) => kept);
  const desired = sets.reduce((sum, set) => sum + set.desired, 0);
  // Pods that are still to be replaced may have an image of another name
  return labelled.length || ofSets.length >= desired
    ? known(await withLastWords(asked, labelled.length ? labelled : ofSets))
    : asked.collect();
}
