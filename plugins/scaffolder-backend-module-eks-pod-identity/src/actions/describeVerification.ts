import type {
  FailOn,
  VerifyInput,
} from 'backstage-plugin-eks-pod-identity-common';

const PROBES: Record<NonNullable<VerifyInput['probe']>, string> = {
  pod: 'would run a short-lived pod under this service account and ask AWS for its identity',
  admission:
    'would use dry runs to ask the cluster whether a new pod receives the identity; no pod would run',
  none: 'would only read from AWS and the cluster; no pod would run',
};

const BROKEN = 'when a new pod does not get the identity';
const OR_UNANSWERED = `${BROKEN}, or when that cannot be found out`;
const FAILS: Record<Exclude<FailOn, 'never'>, string> = {
  broken: BROKEN,
  failed: BROKEN,
  inconclusive: OR_UNANSWERED,
  degraded: `${OR_UNANSWERED}, or when running pods do not have it`,
};

/** What a verification would do, for a dry run, which makes no request. */
export function describeVerification(input: VerifyInput): string[] {
  const { clusterName, namespace, serviceAccount } = input;
  return [
    `Dry run: nothing was verified. The real run on ${clusterName}/${namespace}/${serviceAccount}`,
    `- ${PROBES[input.probe ?? 'pod'] ?? 'there is no such probe'}`,
    input.expectedRoleArn
      ? `- would expect the role ${input.expectedRoleArn}`
      : '- would expect the role of the last associate, else that of the association',
    ...(input.permissionChecks ?? []).map(
      check =>
        `- would run "aws ${check.command.join(' ')}" in the pod (permissions.${
          check.name
        })`,
    ),
    ...(input.perNodeGroup
      ? ['- would run one more pod in each other node group in use']
      : []),
    ...(input.managedPolicyArns ?? []).map(
      arn =>
        `- would test ${arn} in the pod, if guardrails.probe.policyTests names a command for it`,
    ),
    input.failOn === 'never'
      ? '- would never fail the step'
      : `- would fail the step ${FAILS[input.failOn ?? 'degraded']}`,
  ];
}
