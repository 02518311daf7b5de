import {
  defineCheck,
  note,
  type Outcome,
  pass,
  warn,
} from '../framework/check';
import { lackOutcome } from '../access/lackOutcome';
import { valueOf } from '../framework/fact';
import type { AgentPodFact, NodeFact } from '../framework/facts/agent';
import type { ContainerFact, PodFact } from '../framework/facts/workloads';
import { kubectl } from '../../text/bash';
import { capitalised } from '../../text/capitalised';
import { fullStop } from '../../text/fullStop';
import { listed } from '../../text/listed';
import { inWords as shown } from '../probe/podState';
import {
  byOwner,
  inWords,
  noPods,
  runs,
  runsInPart,
  takesLong,
} from '../framework/workloadsOf';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** An agent that is made later than this after its node replaces another one. */
const FIRST_AGENT = 10 * MINUTE;
/** A program that becomes ready later than this after its start was ready before, and a fault of its node hid that. */
const FIRST_READY = MINUTE;
const namesOf = (pods: readonly PodFact[]) => pods.map(({ name }) => name);

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

/** Pods that cannot start, and those that take long, with what is known of why. */
function notStartedOutcome(
  pods: readonly PodFact[],
  now: number,
  namespace: string,
): Outcome | undefined {
  const waiting = pods.filter(pod =>
    pod.notStarted ? !runsInPart(pod) : !runs(pod) && takesLong(pod, now),
  );
  if (waiting.length === 0) return undefined;
  // A node may still come for a young pod.
  const isStuck = (pod: PodFact) =>
    pod.notStarted !== undefined && (!pod.unscheduled || takesLong(pod, now));
  const stuck = waiting.filter(isStuck);
  const told = stuck.length ? stuck : waiting;
  const reasonOf = ({ notStarted }: PodFact) =>
    notStarted ?? 'the kubelet has not started its containers yet';
  const byReason = [...new Set(told.map(reasonOf))].map(which => ({
    which,
    pods: told.filter(pod => reasonOf(pod) === which),
  }));
  const say = stuck.length ? warn : note;
  const sentences = byReason.map(
    ({ which, pods: some }) =>
      `${some.length} of ${pods.length} pods ${
        stuck.length ? 'cannot start' : 'have not started'
      } (${inWords(byOwner(some))}): ${fullStop(which)}`,
  );
  return say(sentences as [string, ...string[]], {
    observed: namesOf(told).slice(0, 5).join(', '),
    lacking: stuck.length
      ? byReason.map(({ which, pods: some }) => ({
          how: 'start',
          which,
          pods: namesOf(some),
        }))
      : [],
    fix: {
      cause:
        'A pod that does not run cannot use the identity, and nothing is known of what its program would do.',
      actions: [
        'The events of the pod say more: about the image and the right to pull it, objects that the template names, room on nodes.',
      ],
      commands: [
        kubectl('describe', { kind: 'pod', namespace, name: told[0].name })``,
      ],
    },
  });
}

/** Pods that run although one of their containers does not. */
const partSentences = (pods: readonly PodFact[]): string[] =>
  byOwner(pods.filter(runsInPart)).map(one => {
    const [{ notStarted = '' }] = one.pods;
    return `${inWords([one])}: ${fullStop(
      `${notStarted}, while the other containers run`,
    )}`;
  });

/** Containers that start and end again and again, which counts as running. */
function crashSentence(pods: readonly PodFact[]): string[] {
  const crashing = pods.filter(
    pod =>
      runs(pod) && pod.containers.some(({ state }) => state === 'crashing'),
  );
  const containers = crashing.flatMap(pod =>
    pod.containers.filter(({ state }) => state === 'crashing'),
  );
  const wordsOf = (some: readonly ContainerFact[]) => [
    ...new Set(some.map(one => shown(one.kind, one.name))),
  ];
  const names = wordsOf(containers);
  if (names.length === 0) return [];
  const killed = wordsOf(containers.filter(one => one.outOfMemory));
  const verbs =
    names.length === 1
      ? ['starts and ends', 'counts']
      : ['start and end', 'count'];
  return [
    `${inWords(byOwner(crashing))}: ${listed(names)} ${
      verbs[0]
    } again and again, and ${verbs[1]} as running.`,
    ...(killed.length
      ? [
          `${capitalised(listed(killed))} ${
            killed.length === 1
              ? 'was last killed because it exceeded its memory limit'
              : 'were last killed because they exceeded their memory limits'
          }.`,
        ]
      : []),
  ];
}

export const workloadsStartUp = defineCheck({
  id: 'workloads.start-up',
  category: 'workloads',
  title: 'The pods start, and the agent was there before',
  question:
    'Do the pods start, and was the agent of a new node ready when they did?',
  neededBy: [],
  needs: ['pods'],
  uses: ['agentPods', 'nodes', 'failedPods'],
  evaluate(
    { pods, agentPods: agents, nodes: allNodes, failedPods },
    { now, ref, cluster },
  ) {
    const start = notStartedOutcome(pods, now, ref.namespace);
    if (start) return start;
    const crash = [...partSentences(pods), ...crashSentence(pods)];
    const [lead, ...more] = crash;
    for (const fact of [agents, allNodes]) {
      if (!fact.known) {
        return lead ? note([lead, ...more]) : lackOutcome(fact.lack, cluster);
      }
    }
    const agentPods = valueOf(agents) ?? [];
    const nodes = valueOf(allNodes) ?? [];
    const failed = valueOf(failedPods) ?? [];
    const all = [...pods, ...failed];
    if (all.length === 0) {
      return noPods();
    }
    const early = all
      .map(pod => ({ ...pod, seconds: ahead(pod, agentPods, nodes) }))
      .filter(({ seconds }) => seconds > 0);
    if (early.length === 0) {
      return lead
        ? note([lead, ...more])
        : pass(
            `No pod is known to have started before the agent of its node was ready${
              failedPods.known ? '' : '; pods that failed were not looked at'
            }.`,
          );
    }
    const lost = early.filter(({ phase }) => phase === 'Failed');
    const affected = lost.length ? lost : early;
    const [first] = [...affected].sort((a, b) => b.seconds - a.seconds);
    return note(
      [
        `${inWords(
          byOwner(affected),
        )} started on a new node before its agent was ready${
          lost.length ? ', and failed' : ''
        }: ${first.seconds} seconds before on ${first.nodeName}.`,
        ...crash,
      ],
      {
        observed: affected
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
