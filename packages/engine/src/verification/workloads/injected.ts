import { defineCheck, pass, warn } from '../framework/check';
import type { CheckId } from '../framework/checkIds';
import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import { type Fact, valueOf } from '../framework/fact';
import type { FactTypes } from '../framework/facts';
import type { PodFact } from '../framework/facts/workloads';
import { formerCredentials, unreadOf } from './formerCredentials';
import {
  bringsToken,
  lackingFix,
  lackingOf,
  lacksInjection,
  leftOut,
  optedOut,
  optedOutFix,
  setsOwnAddress,
  wrongVariables,
} from './lackingPods';
import { templatesOf } from './fromTemplate';
import { insteadOfIdentity } from './nodeReach';
import { newPodsLackIt } from '../admission/restart';
import { byOwner, counts, inWords, runningOf } from '../framework/workloadsOf';

/** Which checks see why these pods lack the identity. */
function suspectsOf(lacking: readonly PodFact[]): CheckId[] {
  if (lacking.every(pod => setsOwnAddress(pod) || bringsToken(pod))) {
    return ['workloads.shadowed'];
  }
  const byIrsa = lacking.some(pod =>
    pod.containers.some(one => one.irsaRoleArn !== undefined && counts(one)),
  );
  return [
    'admission.injects',
    ...(byIrsa ? (['service-account.irsa'] as const) : []),
  ];
}

/** The role whose credentials pods get: the target role, if there is one. */
function actingRole(
  association: Association | undefined,
  { role, targetRole }: { [K in 'role' | 'targetRole']: Fact<FactTypes[K]> },
): Fact<Role | null> {
  if (!association?.targetRoleArn) return role;
  return targetRole.known ? targetRole.value?.role ?? role : targetRole;
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
  uses: [
    'association',
    'role',
    'targetRole',
    'roleLimits',
    'admission',
    'webhook',
    'namespace',
    'workloads',
    'nodes',
    'nodeReach',
  ],
  evaluate({ pods: all, association, workloads, ...facts }, { ref, now }) {
    const templates = templatesOf(workloads);
    const found = runningOf(all);
    if ('none' in found) return found.none;
    const pods = found.running;
    const { namespace } = ref;
    const linked = valueOf(association) ?? undefined;
    const without = pods.filter(lacksInjection);
    const having = pods.filter(pod => !lacksInjection(pod));
    const missed = without.filter(pod => !optedOut(pod));
    const out = without.filter(optedOut);
    const lackIt = newPodsLackIt({
      ...facts,
      association: linked,
      pods: pods
        .filter(pod => !optedOut(pod))
        .map(pod => ({ pod, has: !lacksInjection(pod) })),
    });
    const role = actingRole(linked, facts);
    const acting = {
      role: valueOf(role) ?? undefined,
      ...(linked?.targetRoleArn ? {} : valueOf(facts.roleLimits)),
    };
    const former = formerCredentials(having, linked, acting, {
      now,
      namespace,
      lackIt,
    });
    const partly = leftOut(having, namespace, templates);
    const incomplete = new Set(
      partly?.lacking?.flatMap(({ pods: names }) => names),
    );
    const good = having.filter(({ name }) => !incomplete.has(name)).length;
    const seen = {
      observed: `${good} of ${pods.length} running pods`,
      counts: { what: 'pods', good, all: pods.length },
      lacking: [
        ...lackingOf(missed, lackIt),
        ...(out.length
          ? [{ how: 'identity' as const, pods: out.map(({ name }) => name) }]
          : []),
        ...(former?.lacking ?? []),
        ...(partly?.lacking ?? []),
      ],
    } as const;
    const withNode = (lead: string, lost: readonly PodFact[]) => {
      const instead = insteadOfIdentity(lost, facts);
      return instead ? ([lead, instead] as const) : lead;
    };
    if (missed.length) {
      const wrong = wrongVariables(missed);
      return warn(
        withNode(
          `${missed.length} of ${
            pods.length
          } running pods run without the identity: ${[
            inWords(byOwner(missed)),
            ...wrong,
          ].join('; ')}.`,
          missed,
        ),
        {
          expected: `${good + missed.length} of ${pods.length} running pods`,
          ...seen,
          explainedBy: { oneOf: suspectsOf(missed) },
          ...lackingFix(missed, linked, { namespace, lackIt, templates }),
        },
      );
    }
    if (out.length) {
      return warn(
        withNode(
          `${out.length} of ${
            pods.length
          } running pods opted out of Pod Identity: ${inWords(byOwner(out))}.`,
          out,
        ),
        { ...seen, fix: optedOutFix(namespace, out) },
      );
    }
    const outcome = former ?? partly;
    if (outcome) return { ...outcome, ...seen };
    const uncompared = unreadOf({ association, role });
    const unrevoked = linked?.targetRoleArn || facts.roleLimits.known;
    return pass(
      `${
        pods.length === 1
          ? 'The running pod has the identity'
          : `All ${pods.length} running pods have the identity`
      }${
        uncompared
          ? `; whether ${
              pods.length === 1 ? 'it' : 'any'
            } is older than the last change of ${uncompared} was not looked at`
          : ''
      }${
        role.known && !unrevoked
          ? `; whether ${
              pods.length === 1 ? 'its' : 'their'
            } sessions were revoked was not looked at`
          : ''
      }.`,
      seen,
    );
  },
});
