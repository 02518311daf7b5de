import {
  defineCheck,
  type Outcome,
  pass,
  skip,
  unknown,
} from '../framework/check';
import type { Fix } from '../framework/fix';
import { remedyOf } from '../access/lackOutcome';
import { capitalised } from '../../text/capitalised';
import { listed } from '../../text/listed';
import { readAgentAnswer } from './agentErrors';
import { type NodesProven, nodesProven } from './nodesProven';
import { ANSWER_FACTS, unanswered } from './unanswered';

/** The commands of all, each once. */
const commandsOf = (fixes: readonly Fix[]) => [
  ...new Map(
    fixes
      .flatMap(({ commands = [] }) => commands)
      .map(command => [command.text, command]),
  ).values(),
];

/** A group from which a probe got no credentials, or no answer came. */
interface Bad {
  group: string;
  outcome: Outcome;
}

/** What to do in each group, with its name where it is not the same in all. */
function fixOfAll(bad: readonly Bad[]): Fix | undefined {
  const parts = new Map<string, { fix: Fix; groups: string[] }>();
  for (const { group, outcome } of bad) {
    const { fix } = outcome;
    if (!fix) continue;
    const key = JSON.stringify([fix.cause, fix.actions]);
    const same = parts.get(key);
    if (!same) parts.set(key, { fix, groups: [group] });
    else {
      same.groups.push(group);
      same.fix = { ...same.fix, commands: commandsOf([same.fix, fix]) };
    }
  }
  const [first, ...others] = parts.values();
  if (others.length === 0) return first?.fix;
  const all = [first, ...others].map(({ fix, groups }) => ({
    fix,
    named: (text: string) => `In ${listed(groups)}: ${text}`,
  }));
  return {
    ...first.fix,
    cause: all.map(({ fix, named }) => named(fix.cause)).join(' '),
    actions: all.flatMap(({ fix, named }) => fix.actions.map(named)),
    commands: commandsOf(all.map(({ fix }) => fix)),
  };
}

/** On which of the nodes in use agents answered; nothing where there is one alone. */
function onNodes({ on, idle }: NodesProven): string[] {
  if (!on) return [];
  const nodes = `${idle.length === 1 ? 'node' : 'nodes'} ${listed(idle)}`;
  const but = idle.length ? `no running pod is on ${nodes}; ` : '';
  return [capitalised(`${but}agents gave pods credentials on ${on}.`)];
}

export const credentialsNodeGroups = defineCheck({
  id: 'credentials.node-groups',
  category: 'credentials',
  title: 'Every node group gives pods credentials',
  question:
    'Does a fresh pod in each other node group in use get credentials from the agent of its node?',
  neededBy: [],
  dependsOn: ['credentials.agent-answers'],
  needs: ['groupRuns'],
  uses: ['podRun', 'evidence', ...ANSWER_FACTS],
  evaluate({ groupRuns, ...facts }, context) {
    if (groupRuns.length === 0) {
      return skip('Not applicable: the pods run in no other node group.');
    }
    const proven = nodesProven(
      [facts.podRun, ...groupRuns.map(({ run }) => run)],
      facts,
    );
    const sentences = proven ? onNodes(proven) : [];
    const counts = proven ? { counts: proven.counts } : {};
    const bad = groupRuns.flatMap(({ group, run }): Bad[] => {
      if (!run.known) {
        const outcome = unknown(
          [`No probe answered from ${group}.`, run.lack.sentence],
          remedyOf(run.lack, context.cluster),
        );
        return [{ group, outcome }];
      }
      const reading = readAgentAnswer(run.value.identity);
      if (reading.kind === 'answered') return [];
      const why = unanswered(reading, run.value, facts, context);
      const lead = `A pod in ${group} got no credentials.`;
      const message = `${lead} ${why.message}`;
      return [{ group, outcome: { ...why, lead, message } }];
    });
    const hasFailed = ({ outcome }: Bad) => outcome.status === 'fail';
    const [worst, ...others] = [
      ...bad.filter(hasFailed),
      ...bad.filter(one => !hasFailed(one)),
    ];
    if (worst) {
      const all = [worst, ...others];
      return {
        ...worst.outcome,
        message: [
          ...all.map(({ outcome }) => outcome.message),
          ...sentences,
        ].join(' '),
        fix: fixOfAll(all),
        ...counts,
      };
    }
    const names = groupRuns.map(({ group }) => group);
    return pass(
      [`Pods in ${listed(names)} got credentials too.`, ...sentences],
      counts,
    );
  },
});
