import {
  defineCheck,
  note,
  type Outcome,
  pass,
  skip,
  warn,
} from '../framework/check';
import { sdkSeen, unreadOutcome, whenInWords } from './evidenceWords';
import { valueOf } from '../framework/fact';
import type { PodFact } from '../framework/facts/workloads';
import { lacksInjection } from './lackingPods';
import { byIrsa, byNode, byStaticKey, type Road } from './otherCredentials';
import {
  notCompared,
  type ObtainedBy,
  obtainedBy,
  presentSince,
} from './obtainedByPods';
import { capitalised } from '../../text/capitalised';
import { byOwner, inWords, runningOf } from '../framework/workloadsOf';

const NEVER_FIX: Outcome['fix'] = {
  cause:
    'The application has not needed AWS, or its SDK is too old for Pod Identity or takes its keys from elsewhere.',
  actions: [
    'If it needs no AWS until something happens, nothing is wrong.',
    'Else compare its SDK and version with docs/sdks.md, and look what in the pods comes before the identity.',
  ],
};

/** What AWS recorded of the pods that have the variables, as clauses. */
function clausesOf(
  pods: readonly PodFact[],
  { obtained, never, unseen, unnamed, lastAt }: ObtainedBy,
  now: number,
): string[] {
  const of = (some: readonly PodFact[]) =>
    `${some.length} of ${pods.length} running pods`;
  const last = lastAt ? `, last ${whenInWords(lastAt, now)}` : '';
  return [
    ...(obtained.length
      ? [`${of(obtained)} obtained the role themselves${last}`]
      : []),
    ...(unnamed
      ? [
          `pods of this name obtained the role themselves${
            obtained.length ? '' : last
          }; which of them AWS does not record while session tags are off`,
        ]
      : []),
    ...(never.length
      ? [
          `${of(never)} never asked for the role (${inWords(
            byOwner(never),
          )}): the application has not needed AWS, or its SDK is too old or looks elsewhere`,
        ]
      : []),
    ...(unseen.length && !unnamed
      ? [
          `${of(
            unseen,
          )} are not seen yet: AWS shows events up to 15 minutes late`,
        ]
      : []),
  ];
}

function together(roads: readonly Road[]): Outcome['fix'] {
  return {
    cause: roads.map(({ fix }) => fix.cause).join(' '),
    actions: roads.flatMap(({ fix }) => fix.actions),
    commands: roads.flatMap(({ fix }) => fix.commands ?? []),
  };
}

export const workloadsObtained = defineCheck({
  id: 'workloads.obtained',
  category: 'workloads',
  title: 'The running pods obtained the role themselves',
  question:
    'Did the application in the running pods obtain the role by Pod Identity, or does AWS see it on another road?',
  neededBy: [],
  dependsOn: [{ check: 'association.exists', onlyWhenFailed: true }],
  needs: ['pods'],
  uses: ['evidence', 'association', 'role', 'nodes'],
  evaluate(
    { pods: all, evidence: read, association, role, nodes },
    { ref, now, cluster },
  ) {
    const seen = runningOf(all);
    if ('none' in seen) return seen.none;
    const pods = seen.running;
    const unread = unreadOutcome(read, cluster);
    if (unread) return unread;
    const evidence = valueOf(read)!;
    const since = presentSince(valueOf(association), valueOf(role));
    const facts = {
      evidence,
      pods,
      // What pods did that are gone says nothing of those that run.
      since: Math.max(
        since,
        Math.min(...pods.map(({ createdAt = 0 }) => createdAt)),
      ),
      namespace: ref.namespace,
      now,
    };
    const roads = [...byIrsa(facts), ...byStaticKey(facts)];
    const asNode = byNode(facts, valueOf(nodes) ?? [], cluster.region);
    const having = pods.filter(pod => !lacksInjection(pod));
    const found = obtainedBy(having, evidence, since);
    const clauses = [
      ...[...roads, ...asNode].map(({ said }) => said),
      ...clausesOf(having, found, now),
    ];
    if (clauses.length === 0) {
      return skip(
        'No running pod has the variables of Pod Identity to ask with.',
        { explainedBy: { check: 'workloads.injected' } },
      );
    }
    const uncompared = notCompared({ association, role });
    if (uncompared && (found.obtained.length || found.unnamed)) {
      clauses.push(uncompared);
    }
    const message = `${capitalised(clauses.join('; '))}.`;
    const observed = [...new Set(evidence.uses.map(one => sdkSeen(one, '')))]
      .filter(Boolean)
      .join(', ');
    const rest = observed ? { observed } : {};
    if (roads.length > 0) {
      return warn(message, {
        ...rest,
        lacking: roads.flatMap(({ lacking }) =>
          lacking?.pods.length ? [lacking] : [],
        ),
        explainedBy: { oneOf: roads.flatMap(({ suspects }) => suspects) },
        fix: together([...roads, ...asNode]),
      });
    }
    if (asNode.length > 0) {
      return note(message, { ...rest, fix: together(asNode) });
    }
    if (found.never.length > 0) {
      return note(message, { ...rest, fix: NEVER_FIX });
    }
    return found.obtained.length > 0 || found.unnamed
      ? pass(message, rest)
      : // Right after a setup that is so of every pod, and says nothing
        skip(message, rest);
  },
});
