import { associate, BOB } from '../testBackend';
import { type Attempt, BOBS, type InsiderClass } from './InsiderWorld';

const AWS = 'arn:aws:iam::aws:policy';
const ACCOUNT = 'arn:aws:iam::111122223333';
const BOUNDARY = `${ACCOUNT}:policy/backstage-workload-boundary`;

const bobsRole =
  (extra: Record<string, unknown>): Attempt['attempt'] =>
  world =>
    world.run(BOB, associate('bobs', { entityRef: BOBS, ...extra }));

const inline = (
  action: string | string[],
  more: Record<string, unknown> = {},
): Attempt['attempt'] =>
  bobsRole({
    inlinePolicies: {
      mine: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: action, Resource: '*', ...more },
        ],
      },
    },
  });

const FORBIDDEN = /guardrails for inline policies/;
const UNLISTED = /guardrails\.inlineActions\.add extends the list/;

/** Inline policies where nothing switches them on. */
export const inlinePoliciesOff: InsiderClass = {
  attempts: [
    {
      what: 'write one',
      attempt: inline('s3:GetObject'),
      refused: /guardrails\.inlinePolicies is off/,
    },
    {
      what: 'write one that only denies',
      attempt: inline('s3:GetObject', { Effect: 'Deny' }),
      refused: /guardrails\.inlinePolicies is off/,
    },
    {
      what: 'preview one',
      attempt: world =>
        world.plan(
          associate('bobs', {
            entityRef: BOBS,
            inlinePolicies: { mine: { Statement: [] } },
          }),
        ),
      refused: /guardrails\.inlinePolicies is off/,
    },
  ],
};

/** Inline policies where they are on. */
export const inlinePoliciesOn: InsiderClass = {
  section: {
    guardrails: { inlinePolicies: true, permissionsBoundaryArn: BOUNDARY },
  },
  attempts: [
    ['everything', '*'],
    ['writes to IAM', 'iam:PutRolePolicy'],
    ['the same in another letter case', 'IAM:pUtRolePolicy'],
    ['a wildcard that covers it', 'iam:P?tRole*'],
    ['a role handed to a service', 'iam:PassRole'],
    ['any other role', 'sts:AssumeRole'],
    ['code under the role of a function', 'lambda:UpdateFunctionCode'],
    ['commands on machines', 'ssm:SendCommand'],
    ['the association of another pod', 'eks:UpdatePodIdentityAssociation'],
    ['the agent’s credentials', 'eks-auth:AssumeRoleForPodIdentity'],
  ]
    .map(
      ([what, action]): Attempt => ({
        what,
        attempt: inline(action),
        refused: FORBIDDEN,
      }),
    )
    .concat(
      [
        ['the policy of a key', 'kms:PutKeyPolicy'],
        ['the policy of a bucket', 's3:PutBucketPolicy'],
        ['a job under the role of another', 'batch:SubmitJob'],
        ['code that a pipeline deploys', 'codecommit:GitPush'],
        ['rights on every table of the lake', 'lakeformation:GrantPermissions'],
        ['a snapshot for another account', 'ec2:ModifySnapshotAttribute'],
        ['every secret', 'secretsmanager:GetSecretValue'],
        ['a wildcard that covers more than data', 's3:Get*'],
      ].map(
        ([what, action]): Attempt => ({
          what,
          attempt: inline(action),
          refused: UNLISTED,
        }),
      ),
    )
    .concat([
      {
        what: 'everything but one action',
        attempt: inline('x', { Action: undefined, NotAction: 's3:GetObject' }),
        refused: FORBIDDEN,
      },
      {
        what: 'a principal, to be trusted by others',
        attempt: inline('s3:GetObject', { Principal: '*' }),
        refused: /does not belong in the policy of a role/,
      },
    ]),
};

const managed = (what: string, arn: string, refused: RegExp): Attempt => ({
  what,
  attempt: bobsRole({ managedPolicyArns: [arn] }),
  refused,
});

/** Managed policies under the defaults of the product. */
export const wideDefaults: InsiderClass = {
  section: { guardrails: {} },
  attempts: [
    ['every team’s buckets', 'AmazonS3ReadOnlyAccess'],
    ['every team’s tables', 'AmazonDynamoDBReadOnlyAccess'],
    ['every team’s logs', 'CloudWatchLogsReadOnlyAccess'],
    ['everything that can be read', 'ReadOnlyAccess'],
    ['every secret', 'SecretsManagerReadWrite'],
  ].map(([what, name]) => managed(what, `${AWS}/${name}`, /is not allowed/)),
};

/** Managed policies where a careless wildcard allows them all. */
export const policyWildcards: InsiderClass = {
  section: {
    guardrails: {
      managedPolicies: { allow: [`${AWS}/*`, `${ACCOUNT}:policy/*`] },
    },
  },
  attempts: [
    ...[
      'AdministratorAccess',
      'PowerUserAccess',
      'IAMFullAccess',
      'AWSLambda_FullAccess',
    ].map(name =>
      managed(name, `${AWS}/${name}`, /would hand out control of the account/),
    ),
    ...['AmazonDynamoDBFullAccess', 'SecretsManagerReadWrite'].map(name =>
      managed(name, `${AWS}/${name}`, /control of the account/),
    ),
    managed(
      'a policy of another account',
      'arn:aws:iam::999988887777:policy/theirs',
      /can only hold policies of its own account/,
    ),
    {
      what: 'take away what denies',
      attempt: bobsRole({ detachManagedPolicyArns: [`${AWS}/AWSDenyAll`] }),
      refused: /may be there to deny something/,
    },
  ],
};
