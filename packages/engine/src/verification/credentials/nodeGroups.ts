import {
  defineCheck,
  type Outcome,
  pass,
  skip,
  unknown,
} from '../framework/check';
import { remedyOf } from '../access/lackOutcome';
import { capitalised } from '../../text/capitalised';
import { listed } from '../../text/listed';
import { readAgentAnswer } from './agentErrors';
import { type NodesProven, nodesProven } from './nodesProven';
import { ANSWER_FACTS, unanswered } from './unanswered';

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
    const bad = groupRuns.flatMap(({ group, run }): Outcome[] => {
      if (!run.known) {
        return [
          unknown(
            [`No probe answered from ${group}.`, run.lack.sentence],
            remedyOf(run.lack, context.cluster),
          ),
        ];
      }
      const reading = readAgentAnswer(run.value.identity);
      if (reading.kind === 'answered') return [];
      const why = unanswered(reading, run.value, facts, context);
      const lead = `A pod in ${group} got no credentials.`;
      return [{ ...why, lead, message: `${lead} ${why.message}` }];
    });
    const worst = bad.find(({ status }) => status === 'fail') ?? bad[0];
    if (worst) {
      const others = bad.filter(one => one !== worst);
      return {
        ...worst,
        message: [
          ...[worst, ...others].map(({ message }) => message),
          ...sentences,
        ].join(' '),
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
