import { createHash } from 'node:crypto';

const POLICIES = ['AmazonSQSReadOnlyAccess', 'AmazonSNSReadOnlyAccess'].map(
  name => `arn:aws:iam::aws:policy/${name}`,
);

/** What one lifecycle asks for. */
export interface Shape {
  serviceAccount: string;
  /** The service account is there before and belongs to another team. */
  serviceAccountExists: boolean;
  policies: string[];
  /** A second associate asks for these. */
  changedPolicies?: string[];
  probe: 'none' | 'pod';
}

/** The shape that belongs to a seed. */
export function shapeOf(seed: number): Shape {
  const draw = (what: string, choices: number) =>
    createHash('sha256').update(`${seed} ${what}`).digest().readUInt32BE() %
    choices;
  const policies = POLICIES.slice(draw('policies', 3));
  return {
    serviceAccount: `bad-day-${seed}`,
    serviceAccountExists: draw('service account', 4) === 0,
    policies,
    ...(draw('change', 3) === 0 && {
      changedPolicies: policies.length === 2 ? [POLICIES[1]] : POLICIES,
    }),
    probe: draw('probe', 4) === 0 ? 'none' : 'pod',
  };
}
