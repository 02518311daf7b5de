/** Keys that no setting and no request may use, whatever their letter case: IAM ignores it. */
const RESERVED: readonly { prefix: string; because: string }[] = [
  { prefix: 'aws:', because: 'AWS reserves that prefix' },
  {
    prefix: 'backstage.io/',
    because: 'ownership tags have such keys',
  },
  // The session tags of EKS Pod Identity. Without session tags, a role's own tags are its aws:PrincipalTag/*.
  ...['kubernetes-', 'eks-cluster-'].map(prefix => ({
    prefix,
    because:
      'policies tell pods apart by the session tags of EKS Pod Identity, whose keys begin so, and a tag on a role looks the same to them',
  })),
];

/**
 * Why a tag key is reserved: `must not begin with "…": …`. Undefined for a key that is not.
 *
 * Source of the session tags: EKS user guide, "Grant Pods access to AWS resources based on tags".
 */
export function reservedTagKey(key: string): string | undefined {
  const folded = key.toLowerCase();
  const rule = RESERVED.find(({ prefix }) => folded.startsWith(prefix));
  return rule && `must not begin with "${rule.prefix}": ${rule.because}`;
}
