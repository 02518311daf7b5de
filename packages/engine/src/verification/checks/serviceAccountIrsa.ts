import { defineCheck, note, pass, warn } from '../check';
import { valueOf } from '../facts/fact';
import { bash } from '../shell';

export const serviceAccountIrsa = defineCheck({
  id: 'service-account.irsa',
  category: 'service-account',
  title: 'No IRSA annotation is in the way',
  question:
    'Does the ServiceAccount still carry the IRSA annotation, and does it take effect?',
  neededBy: [],
  dependsOn: ['service-account.exists'],
  needs: ['serviceAccount'],
  uses: ['dryRuns', 'pods'],
  evaluate({ serviceAccount, dryRuns, pods }, { ref }) {
    const annotated = serviceAccount?.irsaRoleArn;
    const running = valueOf(pods) ?? [];
    const winners = running.filter(pod =>
      pod.containers.some(
        container => container.irsaRoleArn !== undefined && !container.injected,
      ),
    );
    const dryRunWins = valueOf(dryRuns)?.irsaInstead;
    const fix = {
      cause:
        'A pod that is created before the association has reached the API servers is given the IRSA role instead, and keeps it.',
      actions: [
        'Remove the annotation eks.amazonaws.com/role-arn from the ServiceAccount once nothing needs the IRSA role any more.',
        'Then restart the workloads.',
      ],
      snippet: {
        language: 'bash',
        text: bash`kubectl -n ${ref.namespace} annotate serviceaccount ${ref.serviceAccount} eks.amazonaws.com/role-arn-`,
      },
    };
    if (dryRunWins) {
      return warn(
        `New pods are given the IRSA role ${
          annotated ?? ''
        } instead of the Pod Identity.`.replace('  ', ' '),
        { observed: annotated, fix },
      );
    }
    if (winners.length) {
      return warn(
        `${winners.length} of ${running.length} running pods use the IRSA role instead of the Pod Identity.`,
        {
          observed: winners
            .slice(0, 5)
            .map(pod => pod.name)
            .join(', '),
          fix,
        },
      );
    }
    if (annotated) {
      return note(
        `The ServiceAccount still carries the IRSA annotation for ${annotated}; Pod Identity comes first.`,
        { observed: annotated, fix },
      );
    }
    return pass('The ServiceAccount carries no IRSA annotation.');
  },
});
