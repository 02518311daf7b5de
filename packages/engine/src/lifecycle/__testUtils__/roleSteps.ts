import { trustPolicy, trustStatement } from '../../identity/trust';
import type { Desired } from '../desired';
import type { LiveRole } from '../role/liveRole';
import { PlanBuilder } from '../steps/PlanBuilder';
import { outline, planScope } from './planScope';

export const ARN = 'arn:aws:iam::111122223333:role/api';
export const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
export const SQS = 'arn:aws:iam::aws:policy/AmazonSQSFullAccess';
export const BOUNDARY = 'arn:aws:iam::111122223333:policy/boundary';
export const TARGET = 'arn:aws:iam::444455556666:role/data';
export const OURS = 'BackstageEksPodIdentity-read';
export const read = (action = 's3:GetObject') =>
  ({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: action, Resource: 'arn:aws:s3:::b/*' },
    ],
  } as any);
export const assume = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Resource: TARGET,
    },
  ],
} as any;

export const scope = planScope();
export const roleOf = (more: Partial<LiveRole> = {}): LiveRole => ({
  arn: ARN,
  name: 'api',
  path: '/',
  roleId: 'AROA',
  description: '',
  tags: {},
  trustPolicy: trustPolicy(trustStatement('serviceAccount', scope.target)),
  managed: [],
  inline: new Map(),
  ...more,
});
export const wanting = (more: Partial<Desired> = {}): Desired => ({
  managed: [],
  detach: [],
  inline: { policies: new Map(), others: 'keep' },
  tags: {},
  settings: { disableSessionTags: false },
  sessionTags: true,
  trustScope: 'serviceAccount',
  ...more,
});
export const inline = (
  policies: Record<string, object>,
  others: 'keep' | 'remove' = 'keep',
) => ({
  inline: { policies: new Map(Object.entries(policies)), others },
});
export const holding = (documents: Record<string, object | undefined>) =>
  roleOf({ inline: new Map(Object.entries(documents)) as LiveRole['inline'] });

/** Steps that a planner adds to a plan with the role. */
export function steps(add: (builder: PlanBuilder) => void) {
  const builder = new PlanBuilder('associate', scope);
  builder.add({
    id: 'role',
    resource: { kind: 'role', name: ARN },
    change: 'keep',
    reason: 'r',
  });
  add(builder);
  return outline(builder)
    .slice(1)
    .map((line, index) => {
      const { before, after, reason } = builder.steps[index + 1].plan;
      return [
        line.replace('role.', '').replace(' after role', ''),
        before,
        after,
        reason,
      ];
    });
}
