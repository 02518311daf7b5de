import { packages } from '../../async/packages';
import {
  type Answers,
  awsClient,
  awsError,
} from '../../aws/__testUtils__/awsClient';
import type { ClusterSession } from '../../clusters/types';
import { context } from '../__testUtils__/judge';
import { permissionsOfRole } from './permissionsOfRole';

const arn = 'arn:aws:iam::111122223333:role/api';
const managed = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';

const document = (action: string) =>
  encodeURIComponent(
    JSON.stringify({
      Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
    }),
  );

const gone = () => {
  throw awsError('NoSuchEntityException');
};
const denied = () => {
  throw awsError('AccessDenied');
};

/** A role with a managed policy and these inline ones, as IAM answers. */
const iam = (inline: string[], answers: Answers = {}): Answers => ({
  GetRole: () => ({
    Role: {
      Arn: arn,
      RoleName: 'api',
      PermissionsBoundary: { PermissionsBoundaryArn: `${arn}-boundary` },
    },
  }),
  ListAttachedRolePolicies: () => ({
    AttachedPolicies: [{ PolicyArn: managed }],
  }),
  ListRolePolicies: () => ({ PolicyNames: inline }),
  GetPolicy: () => ({ Policy: { DefaultVersionId: 'v3' } }),
  GetPolicyVersion: ({ VersionId }) => ({
    PolicyVersion: { Document: document(`s3:Get-${VersionId}`) },
  }),
  GetRolePolicy: ({ PolicyName }) => ({
    PolicyDocument: document(`sqs:${PolicyName}`),
  }),
  ...answers,
});

function look(
  answers: Answers,
  { roleArn = arn, signal = new AbortController().signal } = {},
) {
  const client = awsClient(packages.iam.IAMClient, (name, input) =>
    answers[name](input),
  );
  const session = {
    cluster: context.cluster,
    role: 'read',
    aws: { iam: client },
  };
  return permissionsOfRole(
    session as unknown as ClusterSession,
    roleArn,
    signal,
  );
}

describe('the permissions of a role', () => {
  it('are those of its managed and of its inline policies, and its boundary', async () => {
    const read = await look(iam(['a', 'b']));
    expect(read).toMatchObject({
      roleArn: arn,
      boundaryArn: `${arn}-boundary`,
      policies: [
        { name: 'AmazonS3ReadOnlyAccess', arn: managed },
        { name: 'a' },
        { name: 'b' },
      ],
    });
    expect(
      read!.policies.map(({ lines }) => lines?.map(({ text }) => text)),
    ).toEqual([['reads S3 (Get-v3)'], ['calls SQS (a)'], ['calls SQS (b)']]);
  });

  it('are none where the name is that of a role at another path, or of none', async () => {
    const roleArn = 'arn:aws:iam::111122223333:role/team/api';
    expect(await look(iam([]), { roleArn })).toBeUndefined();
    expect(await look(iam([], { GetRole: gone }))).toBeUndefined();
  });

  it('say of a policy that it was deleted meanwhile', async () => {
    const { policies } = (await look(iam(['a'], { GetRolePolicy: gone })))!;
    expect(policies[1]).toEqual({
      name: 'a',
      unread: 'It was deleted while it was read.',
    });
  });

  it.each<[string, Answers, number, string]>([
    ['a managed one', { GetPolicy: denied }, 0, `iam:GetPolicy on ${managed}`],
    [
      'an inline one',
      { GetRolePolicy: denied },
      1,
      `iam:GetRolePolicy on ${arn}`,
    ],
  ])('say which right is missing for %s', async (_, answers, index, right) => {
    const { policies } = (await look(iam(['a'], answers)))!;
    expect(policies[index]).toMatchObject({
      unread: expect.stringContaining(right),
    });
    expect(policies[1 - index].lines).toBeDefined();
  });

  it('of more than twenty inline policies name the rest', async () => {
    const names = Array.from({ length: 22 }, (_, index) => `p${index}`);
    const { policies } = (await look(iam(names)))!;
    expect(policies.map(({ name }) => name)).toEqual([
      'AmazonS3ReadOnlyAccess',
      ...names,
    ]);
    expect(policies.filter(({ unread }) => unread)).toEqual(
      ['p20', 'p21'].map(name => ({
        name,
        unread: 'It is one too many to be read here.',
      })),
    );
  });

  it('cannot be read once the caller has gone', async () => {
    const signal = AbortSignal.abort(new Error('the page was closed'));
    await expect(
      look(iam(['a'], { GetRolePolicy: denied }), { signal }),
    ).rejects.toThrow('the page was closed');
  });
});
