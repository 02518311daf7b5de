import { defineCheck, fail, pass } from '../framework/check';
import { valueOf } from '../framework/fact';
import { lackOutcome } from '../access/lackOutcome';
import { readAgentAnswer } from './agentErrors';
import { otherGroups } from './groupRuns';
import { nodesProven } from './nodesProven';
import { ANSWER_FACTS, unanswered } from './unanswered';

export const credentialsAgentAnswers = defineCheck({
  id: 'credentials.agent-answers',
  category: 'credentials',
  title: 'The agent gives the pod credentials',
  question:
    'Does a fresh pod under this service account get credentials from the agent of its node?',
  neededBy: ['pod'],
  dependsOn: [
    { check: 'association.exists', onlyWhenFailed: true },
    { check: 'service-account.exists', onlyWhenFailed: true },
    { check: 'admission.injects', onlyWhenFailed: true },
  ],
  needs: [],
  uses: ['podRun', 'evidence', ...ANSWER_FACTS],
  evaluate(facts, context) {
    const { podRun } = facts;
    if (!podRun.known) {
      const { lack } = podRun;
      // Both say for sure that no pod of the workload gets credentials.
      if (lack.blocker === 'not-injected' || lack.blocker === 'fargate') {
        return fail(lack.sentence, {
          fix: lack.fix,
          ...(lack.blocker === 'fargate'
            ? { explainedBy: { oneOf: ['workloads.unsupported' as const] } }
            : {}),
        });
      }
      const outcome = lackOutcome(lack, context.cluster);
      return outcome.status === 'unknown'
        ? {
            ...outcome,
            fix: outcome.fix ?? {
              cause:
                'The probe pod could not run, so the identity remains unproven.',
              actions: ['Remove the obstacle, then verify again.'],
            },
          }
        : outcome;
    }
    const run = podRun.value;
    const reading = readAgentAnswer(run.identity);
    if (reading.kind === 'answered') {
      const answered = `The agent${
        run.nodeName ? ` on node ${run.nodeName}` : ''
      } gave the pod credentials${
        run.attempts > 1 ? ` at the ${ordinal(run.attempts)} try` : ''
      }.`;
      const groups = otherGroups(
        run.nodeName,
        valueOf(facts.pods) ?? [],
        valueOf(facts.nodes) ?? [],
      ).length;
      // Where they follow, their check has the figures of the whole run.
      const follow = context.perNodeGroup && groups > 0;
      const proven = follow ? undefined : nodesProven([podRun], facts);
      const begin = proven?.idle.length
        ? 'No running pod is on that node, so'
        : 'So';
      return pass(
        proven?.on
          ? [answered, `${begin} this is proven on ${proven.on}.`]
          : answered,
        {
          attempts: run.attempts,
          ...(proven
            ? { counts: { ...proven.counts, ...(groups ? { groups } : {}) } }
            : {}),
        },
      );
    }
    return unanswered(reading, run, facts, context);
  },
});

function ordinal(count: number): string {
  const suffix = ['th', 'st', 'nd', 'rd'];
  const tens = count % 100;
  return `${count}${suffix[(tens - 20) % 10] ?? suffix[tens] ?? 'th'}`;
}
