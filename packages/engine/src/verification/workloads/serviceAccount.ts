import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { defineCheck, note, pass, warn } from '../framework/check';
import { valueOf } from '../framework/fact';
import type { StrayFact, WorkloadFact } from '../framework/facts/workloads';
import type { Fix } from '../framework/fix';
import { byOwner, moveCommands, type Workload } from '../framework/workloadsOf';

/** Its template has a sign that its program calls AWS. */
const callsAws = ({ owner }: StrayFact, workloads: readonly WorkloadFact[]) =>
  workloads.some(
    ({ kind, name, template }) =>
      kind === owner.kind &&
      name === owner.name &&
      template.containers.some(
        ({ awsSign, carried }) => awsSign !== undefined || carried.length > 0,
      ),
  );

/** Puts the workloads under the account; one whose template names it already is put elsewhere by admission. */
function fixOf(
  workloads: readonly Workload<StrayFact>[],
  found: readonly WorkloadFact[],
  { namespace, serviceAccount }: ServiceAccountRef,
): Fix {
  const isSet = ({ kind, name }: Workload<StrayFact>) =>
    found.some(
      one =>
        one.kind === kind &&
        one.name === name &&
        one.serviceAccount === serviceAccount,
    );
  const moved = workloads.filter(isSet);
  const others = workloads.filter(one => !isSet(one));
  const commands = moveCommands(namespace, serviceAccount, others);
  return {
    cause: others.length
      ? 'A pod gets the identity of the service account that its template names; a template without one means default.'
      : 'The template names the service account of the identity, and the pods have another: an admission webhook replaced it when they were created, or they are of an older template.',
    actions: [
      ...(others.length
        ? [
            `If the workload is meant to have the identity, set serviceAccountName: ${serviceAccount} in its pod template.`,
          ]
        : []),
      ...moved.map(
        ({ kind, name, pods: [{ serviceAccount: actual }] }) =>
          `The template of ${kind} ${name} names ${serviceAccount} already. If its next pods are under ${actual} again, let the webhook or the policy that replaces it leave them alone; a change of the template does not help.`,
      ),
    ],
    ...(commands.length ? { commands } : {}),
  };
}

export const workloadsServiceAccount = defineCheck({
  id: 'workloads.service-account',
  category: 'workloads',
  title: 'The workload runs under the service account',
  question:
    'Do the pods that belong to this identity, by label or by name, run under its service account?',
  neededBy: [],
  dependsOn: [{ check: 'service-account.exists', onlyWhenFailed: true }],
  needs: ['strays', 'pods'],
  uses: ['workloads'],
  evaluate({ strays, pods, workloads: all }, { ref }) {
    if (strays.length === 0) {
      return pass(
        'No pod that belongs to this identity by label or by name runs under another service account.',
      );
    }
    // A component may have further workloads that need no AWS; one that is named as the service account, or names none, is odd.
    const found = valueOf(all)?.found ?? [];
    const wrong = strays.filter(one =>
      pods.length === 0
        ? one.namedAsAccount || one.serviceAccount === 'default'
        : one.serviceAccount === 'default' && callsAws(one, found),
    );
    const workloads = byOwner(strays);
    const [{ serviceAccount: actual, evidence }] = workloads[0].pods;
    const { kind, name } = workloads[0];
    const others =
      workloads.length > 1 ? ` and ${workloads.length - 1} more run` : ' runs';
    const say = wrong.length > 0 ? warn : note;
    return say(
      `${
        pods.length === 0 ? 'No pod runs under this service account; ' : ''
      }${kind} ${name} (${evidence})${others} under the service account ${actual}, which does not have this identity.`,
      {
        expected: ref.serviceAccount,
        observed: actual,
        resource: { kind: kind.toLowerCase(), name },
        lacking: [
          {
            how: 'identity',
            pods: byOwner(wrong).map(one => `${one.kind} ${one.name}`),
          },
        ],
        fix: fixOf(workloads, found, ref),
      },
    );
  },
});
