import type { VerifyInput } from 'backstage-plugin-eks-pod-identity-common';

const PROBES: Record<NonNullable<VerifyInput['probe']>, string> = {
  pod: 'would run a short-lived pod under this ServiceAccount and ask AWS who it is',
  admission:
    'would ask the cluster, by a dry run, whether a new pod receives the identity; no pod would run',
  none: 'would only look at AWS and at the cluster; no pod would run',
};

/** What a verification would do, for a dry run: it makes no pod and asks nobody. */
export function describeVerification(input: VerifyInput): string[] {
  const { clusterName, namespace, serviceAccount } = input;
  return [
    `Dry run: nothing was verified. The real run on ${clusterName}/${namespace}/${serviceAccount}`,
    `- ${PROBES[input.probe ?? 'pod'] ?? 'has no such probe'}`,
    input.expectedRoleArn
      ? `- would expect the role ${input.expectedRoleArn}`
      : '- would expect the role of the last associate, else that of the association',
    ...(input.permissionChecks ?? []).map(
      check =>
        `- would run "aws ${check.command.join(' ')}" in the pod (permissions.${
          check.name
        })`,
    ),
    input.failOn === 'never'
      ? '- would not fail the step whatever it finds'
      : `- would fail the step when the report is ${
          input.failOn ?? 'failed'
        } or worse`,
  ];
}
