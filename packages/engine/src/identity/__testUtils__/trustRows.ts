import {
  analyseTrustPolicy,
  TrustFinding,
  TrustQuestion,
} from '../trustAnalysis';
import { neededTrust } from '../trustEdit';

/** The ref that the rows are about. */
export const QUESTION: TrustQuestion = {
  clusterArn: 'arn:aws:eks:eu-west-1:111122223333:cluster/payments',
  clusterName: 'payments',
  namespace: 'shop',
  serviceAccount: 'api',
  sessionTags: true,
};

export const SERVICE = { Service: 'pods.eks.amazonaws.com' };
export const BOTH = ['sts:AssumeRole', 'sts:TagSession'];
export const NS = 'aws:RequestTag/kubernetes-namespace';
export const ARN = 'aws:RequestTag/eks-cluster-arn';
export const CALLER = 'arn:aws:iam::111122223333:role/source';

export function allow(extra: object = {}): Record<string, unknown> {
  return { Effect: 'Allow', Principal: SERVICE, Action: BOTH, ...extra };
}

export function policy(...statements: unknown[]) {
  return { Version: '2012-10-17', Statement: statements };
}

export function when(operator: string, key: string, value: unknown) {
  return allow({ Condition: { [operator]: { [key]: value } } });
}

/** A policy, and what the analysis says of it. */
export interface Row {
  name: string;
  document: unknown;
  question?: Partial<TrustQuestion>;
  verdict: 'allows' | 'denies' | 'cannot-tell';
  missing?: string[];
  reason?: RegExp;
}

/**
 * Holds the analysis against a row.
 *
 * @returns the verdict on the statements that the ref needs, which must be `allows`
 */
export function checkRow(
  row: Row,
  base: Partial<TrustQuestion> = {},
): TrustFinding['verdict'] {
  const question = { ...QUESTION, ...base, ...row.question };
  const finding = analyseTrustPolicy(row.document, question);
  expect(finding.verdict).toBe(row.verdict);
  if (row.missing) expect(finding.missing).toEqual(row.missing);
  if (row.reason) expect(finding.reasons.join('; ')).toMatch(row.reason);
  if (row.verdict === 'allows') {
    expect(finding).toMatchObject({ missing: [], reasons: [] });
  }
  const fixed = policy(...neededTrust(question).statements);
  return analyseTrustPolicy(fixed, question).verdict;
}
