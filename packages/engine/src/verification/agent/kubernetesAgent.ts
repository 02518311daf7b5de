import { AGENT_SELECTOR } from '../../aws/addon';
import type { V1DaemonSet } from '../../kubernetes/objects';
import type { Collecting, Collector } from '../framework/collecting';
import type { KubernetesApi } from '../../kubernetes/types';
import { type Fact, known, valueOf } from '../framework/fact';
import type { AgentPodFact } from '../framework/facts/agent';
import type { KubernetesRight } from '../framework/rights';
import {
  agentPodFact,
  daemonSetFact,
  hasAgent,
  nodeFact,
} from './agentObjects';
import { andThen, askKubernetes } from '../access/askKubernetes';

const AGENT_NAMESPACE = 'kube-system';
async function agentNamespace(c: Collecting): Promise<string> {
  return valueOf(await c.get('addon'))?.namespace ?? AGENT_NAMESPACE;
}

export const collectNodes: Collector<'nodes'> = async c =>
  andThen(
    await askKubernetes(
      c,
      { verb: 'list', resource: 'nodes' },
      (kubernetes, signal) => kubernetes.listNodes({ signal }),
    ),
    nodes => nodes.map(nodeFact),
  );

const isEmpty = (fact: Fact<unknown[]>) =>
  fact.known && fact.value.length === 0;

/** Whether what could be read has no agent. */
const noneSeen = (fact: Fact<unknown[]>) =>
  isEmpty(fact) || (!fact.known && fact.lack.kind === 'denied');

/**
 * Reads all namespaces, because a self-managed agent may be in any; without that right, only the add-on's namespace. That
 * does not tell that there is none where there is no add-on: then the answer is that the right is missing.
 */
async function lookForAgent<T>(
  c: Collecting,
  right: KubernetesRight,
  list: (
    kubernetes: KubernetesApi,
    query: { namespace?: string; labelSelector?: string },
    signal: AbortSignal,
  ) => Promise<T[]>,
  labelSelector: string | undefined = AGENT_SELECTOR,
  isAgent: (one: T) => boolean = () => true,
): Promise<Fact<T[]>> {
  const look = async (namespace?: string) =>
    andThen(
      await askKubernetes(c, { ...right, namespace }, (kubernetes, signal) =>
        list(kubernetes, { namespace, labelSelector }, signal),
      ),
      all => all.filter(isAgent),
    );
  const everywhere = await look();
  if (everywhere.known || everywhere.lack.kind !== 'denied') return everywhere;
  const there = await look(await agentNamespace(c));
  const isElsewhere = isEmpty(there) && !valueOf(await c.get('addon'));
  return isElsewhere ? everywhere : there;
}

const AGENT_SETS: KubernetesRight = {
  verb: 'list',
  resource: 'daemonsets',
  group: 'apps',
};

const listSets = (
  kubernetes: KubernetesApi,
  query: { namespace?: string; labelSelector?: string },
  signal: AbortSignal,
) => kubernetes.listDaemonSets(query, { signal });

const runsAgent = (set: V1DaemonSet) =>
  hasAgent(set.spec?.template?.spec?.containers);

/** Whether an agent without the label of the add-on may be in use: an add-on that could not be made may have met one. */
export async function mayBeByHand(
  c: Pick<Collecting, 'get'>,
): Promise<boolean> {
  const addon = valueOf(await c.get('addon'));
  return addon !== undefined && addon?.status !== 'ACTIVE';
}

export const collectAgentDaemonSets: Collector<'agentDaemonSets'> = async c => {
  let sets = await lookForAgent(c, AGENT_SETS, listSets);
  if (noneSeen(sets) && (await mayBeByHand(c))) {
    sets = await lookForAgent(c, AGENT_SETS, listSets, '', runsAgent);
  }
  return andThen(sets, found => found.map(daemonSetFact));
};

/** Agents whose log is read at most. */
const MOST_LOGS = 10;

/**
 * The agent writes its last words to its log only, so a crash without a message is looked up there. A portal that is not
 * allowed to read it does without.
 */
export async function withLastWords(
  c: Pick<Collecting, 'get' | 'read' | 'signal'>,
  pods: AgentPodFact[],
): Promise<AgentPodFact[]> {
  const silent = pods
    .filter(({ ready, ended }) => !ready && ended && !ended.message)
    .slice(0, MOST_LOGS);
  const words = await Promise.all(
    silent.map(async ({ namespace, name, ended }) =>
      valueOf(
        await askKubernetes(
          c,
          { verb: 'get', resource: 'pods/log', namespace },
          (kubernetes, signal) =>
            kubernetes.readPodLog(
              namespace,
              name,
              { container: ended!.container, tailLines: 1 },
              { signal },
            ),
        ),
      ),
    ),
  );
  return pods.map(pod => {
    const message = words[silent.indexOf(pod)];
    return message && pod.ended
      ? { ...pod, ended: { ...pod.ended, message } }
      : pod;
  });
}

export const collectAgentPods: Collector<'agentPods'> = async c => {
  const right: KubernetesRight = { verb: 'list', resource: 'pods' };
  const look = (selectors: string[]) =>
    lookForAgent(c, right, async (kubernetes, { namespace }, signal) => {
      const lists = selectors.map(labelSelector =>
        kubernetes.listPods({ namespace, labelSelector }, { signal }),
      );
      const found = (await Promise.all(lists)).flat();
      const byName = found.map(pod => {
        const { name, namespace: where } = pod.metadata!;
        return [`${where}/${name}`, pod] as const;
      });
      // Selectors of several DaemonSets may fit the same pods
      return [...new Map(byName).values()];
    });
  let pods = await look([AGENT_SELECTOR]);
  if (noneSeen(pods)) {
    const sets = valueOf(await c.get('agentDaemonSets')) ?? [];
    const selectors = sets.flatMap(({ selector }) => selector || []);
    if (selectors.length) pods = await look([...new Set(selectors)]);
  }
  return pods.known
    ? known(await withLastWords(c, pods.value.map(agentPodFact)))
    : pods;
};
