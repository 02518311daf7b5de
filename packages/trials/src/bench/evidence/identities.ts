/** Identities of the benchmark, which the portal's database and the sandbox's CloudTrail must name alike. */
export const CLUSTER = 'payments-prod';

export const refOf = (index: number) => ({
  cluster: CLUSTER,
  namespace: 'team',
  serviceAccount: `sa-${index}`,
});

export const roleOf = (accountId: string, index: number) =>
  `arn:aws:iam::${accountId}:role/role-${index}`;
