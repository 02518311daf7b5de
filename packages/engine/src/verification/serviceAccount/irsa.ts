import { BY_IRSA } from 'backstage-plugin-eks-pod-identity-common';
import { nameOfArn } from '../../aws/arn';
import { defineCheck, note, pass, warn } from '../framework/check';
import { valueOf } from '../framework/fact';
import { kubectl } from '../../text/bash';
import { counts, runs } from '../framework/workloadsOf';
import { restartOf } from '../admission/restart';

/** Takes the annotation of IRSA off a service account. */
export function removeIrsa(namespace: string, name: string) {
  const account = { kind: 'serviceaccount', name, namespace };
  return kubectl('annotate', account)`eks.amazonaws.com/role-arn-`;
}

export const serviceAccountIrsa = defineCheck({
  id: 'service-account.irsa',
  category: 'service-account',
  title: 'No IRSA annotation is in the way',
  question:
    'Does the service account still carry the IRSA annotation, and does it take effect?',
  neededBy: [],
  dependsOn: ['service-account.exists'],
  needs: ['serviceAccount'],
  uses: ['association', 'dryRuns', 'pods'],
  evaluate({ serviceAccount, association, dryRuns, pods }, { ref }) {
    const annotated = serviceAccount?.irsaRoleArn;
    const running = (valueOf(pods) ?? []).filter(runs);
    const winners = running.filter(pod =>
      pod.containers.some(
        one => one.irsaRoleArn !== undefined && !one.injected && counts(one),
      ),
    );
    if (annotated && association.known && association.value === null) {
      // Its pods live by the annotation: nothing here may say to take it off.
      return note(
        `Pods get role ${nameOfArn(
          annotated,
        )} by IRSA: the service account has its annotation, and no association.`,
        {
          observed: annotated,
          lacking: winners.length
            ? [
                {
                  how: 'other',
                  which: BY_IRSA,
                  pods: winners.map(({ name }) => name),
                },
              ]
            : [],
        },
      );
    }
    const dryRunWins = valueOf(dryRuns)?.irsaInstead;
    // What the owner in another account has done is not read
    const isTarget =
      annotated !== undefined &&
      valueOf(association)?.targetRoleArn === annotated;
    const later = `The annotation is the way back to IRSA. "eks-pod-identity plan --move ${
      ref.namespace
    }/${
      ref.serviceAccount
    }" says how far the move is, and prints the removal once ${
      isTarget
        ? 'all pods have Pod Identity: first have the word of the owner of the role that it'
        : 'the role'
    } no longer lets the service account in by IRSA.`;
    if (dryRunWins) {
      return warn(
        `New pods are given the IRSA role ${
          annotated ? `${annotated} ` : ''
        }instead of the Pod Identity.`,
        {
          observed: annotated,
          fix: {
            cause:
              'The webhook does not know the association yet, so the annotation of IRSA decides.',
            actions: [
              'Wait until new pods receive the identity, which this report judges. Without the annotation they would have no role at all meanwhile.',
            ],
          },
        },
      );
    }
    if (winners.length) {
      const fresh = valueOf(dryRuns);
      const { fix, restart } = restartOf(
        'A pod that is created before the association has reached the API servers is given the IRSA role instead, and keeps it.',
        'Restart the workloads: where the webhook knows the association, Pod Identity comes before the annotation.',
        {
          namespace: ref.namespace,
          pods: winners,
          lackIt:
            fresh && fresh.injected < fresh.answered
              ? 'Not all new pods receive the identity: this report says why where it judges new pods.'
              : undefined,
        },
      );
      return warn(
        `${winners.length} of ${running.length} running pods use the IRSA role instead of the Pod Identity.`,
        {
          observed: winners
            .slice(0, 5)
            .map(pod => pod.name)
            .join(', '),
          fix: fix && { ...fix, actions: [...fix.actions, later] },
          lacking: [
            {
              how: restart ? 'restart' : 'other',
              which: BY_IRSA,
              pods: winners.map(({ name }) => name),
            },
          ],
        },
      );
    }
    if (annotated) {
      return note(
        `The service account still carries the IRSA annotation for ${annotated}; Pod Identity comes first.`,
        {
          observed: annotated,
          fix: {
            cause:
              'It decides only for pods that are created while the webhook does not know the association.',
            actions: [later],
          },
        },
      );
    }
    return pass('The service account carries no IRSA annotation.');
  },
});
