import { defineCheck, pass, warn } from '../framework/check';
import type { CheckId } from '../framework/checkIds';
import { valueOf } from '../framework/fact';
import type { PodFact } from '../framework/facts/workloads';
import { formerCredentials } from './formerCredentials';
import {
  lackingFix,
  lacksInjection,
  leftOut,
  optedOut,
  optedOutFix,
  setsOwnAddress,
} from './lackingPods';
import { newPodsLackIt } from '../admission/restart';
import { byOwner, inWords, noPods } from '../framework/workloadsOf';

/** Which checks see why these pods lack the identity. */
function suspectsOf(lacking: readonly PodFact[]): CheckId[] {
  if (lacking.every(setsOwnAddress)) return ['workloads.shadowed'];
  const byIrsa = lacking.some(pod =>
    pod.containers.some(({ irsaRoleArn }) => irsaRoleArn !== undefined),
  );
  return [
    'admission.injects',
    ...(byIrsa ? (['service-account.irsa'] as const) : []),
  ];
}

export const workloadsInjected = defineCheck({
  id: 'workloads.injected',
  category: 'workloads',
  title: 'Running pods have the identity',
  question:
    'Do the pods that run now have the variables and the token of Pod Identity?',
  neededBy: [],
  dependsOn: [{ check: 'association.exists', onlyWhenFailed: true }],
  needs: ['pods'],
  uses: ['association', 'role', 'admission', 'webhook', 'namespace'],
  evaluate({ pods, association, role, ...facts }, { ref, now }) {
    if (pods.length === 0) {
      return noPods();
    }
    const { namespace } = ref;
    const linked = valueOf(association) ?? undefined;
    const lacking = pods.filter(lacksInjection);
    const having = pods.length - lacking.length;
    const all = pods.length;
    const seen = {
      observed: `${having} of ${all} running pods`,
      counts: { what: 'pods', good: having, all },
    } as const;
    const missed = lacking.filter(pod => !optedOut(pod));
    const lackIt = newPodsLackIt({
      ...facts,
      association: linked,
      pods: pods
        .filter(pod => !optedOut(pod))
        .map(pod => ({ pod, has: !lacksInjection(pod) })),
    });
    if (missed.length) {
      return warn(
        `${
          missed.length
        } of ${all} running pods run without the identity: ${inWords(
          byOwner(missed),
        )}.`,
        {
          expected: `${having + missed.length} of ${all} running pods`,
          ...seen,
          explainedBy: { oneOf: suspectsOf(missed) },
          ...lackingFix(missed, linked, { namespace, lackIt }),
        },
      );
    }
    if (lacking.length) {
      return warn(
        `${
          lacking.length
        } of ${all} running pods opted out of Pod Identity: ${inWords(
          byOwner(lacking),
        )}.`,
        { ...seen, fix: optedOutFix(namespace, lacking) },
      );
    }
    const outcome =
      formerCredentials(pods, linked, valueOf(role) ?? undefined, {
        now,
        namespace,
        lackIt,
      }) ?? leftOut(pods, namespace);
    if (outcome) return { ...seen, ...outcome };
    return pass(
      all === 1
        ? 'The running pod has the identity.'
        : `All ${all} running pods have the identity.`,
      seen,
    );
  },
});
