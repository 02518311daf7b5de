import { defineCheck, note, pass } from '../framework/check';
import { valueOf } from '../framework/fact';
import type { AgentPodFact, NodeFact } from '../framework/facts/agent';
import type { PodFact } from '../framework/facts/workloads';
import { byOwner, inWords, noPods } from '../framework/workloadsOf';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** An agent that is made later than this after its node replaces another one. */
const FIRST_AGENT = 10 * MINUTE;
/** A program that becomes ready later than this after its start was ready before, and a fault of its node hid that. */
const FIRST_READY = MINUTE;

/** When the first agent of a node became ready; NaN if nothing tells for sure. */
function firstReady(
  agent: AgentPodFact | undefined,
  node: NodeFact | undefined,
): number {
  // A time that is not known compares as NaN: nothing holds of it.
  const { readySince = NaN, startedAt = NaN, createdAt = NaN } = agent ?? {};
  const first =
    agent?.restarts === 0 &&
    createdAt - (node?.createdAt ?? NaN) < FIRST_AGENT &&
    readySince - startedAt < FIRST_READY;
  return first ? readySince : NaN;
}

/** By how many seconds a pod started before the agent of its node was ready; 0 if it did not, or nothing tells. */
function ahead(
  pod: PodFact,
  agents: readonly AgentPodFact[],
  nodes: readonly NodeFact[],
): number {
  const ready = firstReady(
    agents.find(one => one.nodeName === pod.nodeName && one.ready),
    nodes.find(one => one.name === pod.nodeName),
  );
  // Kubernetes writes whole seconds, so that one second may be none.
  const seconds = Math.round((ready - (pod.startedAt ?? NaN)) / SECOND);
  const asks = pod.containers.some(container => container.injected);
  return asks && seconds > 1 ? seconds : 0;
}

export const workloadsStartUp = defineCheck({
  id: 'workloads.start-up',
  category: 'workloads',
  title: 'The agent was there before the pods',
  question: 'Was the agent of a new node ready when the pods on it started?',
  neededBy: [],
  needs: ['pods', 'agentPods', 'nodes'],
  uses: ['failedPods'],
  evaluate({ pods, agentPods, nodes, failedPods }) {
    const failed = valueOf(failedPods) ?? [];
    const all = [...pods, ...failed];
    if (all.length === 0) {
      return noPods();
    }
    const early = all
      .map(pod => ({ ...pod, seconds: ahead(pod, agentPods, nodes) }))
      .filter(({ seconds }) => seconds > 0);
    if (early.length === 0) {
      return pass(
        'No pod is known to have started before the agent of its node was ready.',
      );
    }
    const lost = early.filter(({ phase }) => phase === 'Failed');
    const shown = lost.length ? lost : early;
    const [first] = [...shown].sort((a, b) => b.seconds - a.seconds);
    return note(
      `${inWords(
        byOwner(shown),
      )} started on a new node before its agent was ready${
        lost.length ? ', and failed' : ''
      }: ${first.seconds} seconds before on ${first.nodeName}.`,
      {
        observed: shown
          .slice(0, 5)
          .map(({ name }) => name)
          .join(', '),
        resource: { kind: 'node', name: first.nodeName ?? '' },
        fix: {
          cause:
            'On a new node pods may start before the agent does. A program that asks for credentials once, as many Jobs do, ends without any; one that asks again gets them.',
          actions: [
            lost.length
              ? 'Run what failed once more: the agent of that node is ready now.'
              : 'If a program has no credentials, restart it: the agent of that node is ready now.',
            'So that it does not happen again, let new nodes start with a taint that is taken away once the agent pod is ready, or let the program ask again.',
          ],
        },
      },
    );
  },
});
