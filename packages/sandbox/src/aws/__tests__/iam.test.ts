import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  CreateOpenIDConnectProviderCommand,
  DeleteOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  ListOpenIDConnectProvidersCommand,
  ListPolicyVersionsCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  SimulatePrincipalPolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  paginateGetAccountAuthorizationDetails,
  paginateListRoles,
} from '@aws-sdk/client-iam';
import { POD_IDENTITY_TRUST } from '../direct/iam';
import { Sandbox, startSandbox } from '../../sandbox';
import { SECOND_ACCOUNT } from '../../seed/accounts';
import { Clients, errorOf, sdk } from '../../__testUtils__/clients';

const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const RoleName = 'app';
const trust = JSON.stringify(POD_IDENTITY_TRUST, null, 2);
const document = (action: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
  });
let sandbox: Sandbox;
let admin: Clients;

beforeAll(async () => {
  sandbox = await startSandbox({ scenario: 'empty', clockRate: 0 });
  admin = sdk(sandbox, sandbox.credentials.admin);
});
beforeEach(() => sandbox.reset());
afterAll(async () => {
  admin.destroy();
  await sandbox.stop();
});

const iam = () => admin.iam;
const createRole = (more: object = {}) =>
  iam().send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: trust,
      ...more,
    }),
  );
const attach = (PolicyArn = S3) =>
  iam().send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));

describe('a role', () => {
  it('is returned as it was created, its trust policy URL-encoded', async () => {
    const { Role } = await createRole({
      Path: '/backstage/',
      Description: 'für <alle> & "jeden"',
      MaxSessionDuration: 7200,
      Tags: [
        { Key: 'backstage.io/managed-by', Value: 'eks-pod-identity' },
        { Key: 'backstage.io/entity-ref', Value: 'component:default/app' },
      ],
    });
    expect(Role).toMatchObject({
      Path: '/backstage/',
      RoleName,
      RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
      Arn: 'arn:aws:iam::111122223333:role/backstage/app',
      CreateDate: expect.any(Date),
    });
    const { Role: read } = await iam().send(new GetRoleCommand({ RoleName }));
    expect(read).toMatchObject({
      Arn: Role!.Arn,
      RoleId: Role!.RoleId,
      Description: 'für <alle> & "jeden"',
      MaxSessionDuration: 7200,
      RoleLastUsed: {},
      Tags: [
        { Key: 'backstage.io/managed-by', Value: 'eks-pod-identity' },
        { Key: 'backstage.io/entity-ref', Value: 'component:default/app' },
      ],
    });
    expect(read!.AssumeRolePolicyDocument).toMatch(/^%7B%0A%20%20%22Version/);
    expect(decodeURIComponent(read!.AssumeRolePolicyDocument!)).toBe(trust);
  });

  it('is unique by name, ignoring case', async () => {
    await createRole();
    for (const name of [RoleName, 'APP']) {
      const error = await errorOf(createRole({ RoleName: name }));
      expect(error.name).toBe('EntityAlreadyExistsException');
      expect(error.$metadata.httpStatusCode).toBe(409);
      expect(error.message).toBe(`Role with name ${name} already exists.`);
    }
  });

  it('answers NoSuchEntity when it does not exist', async () => {
    const error = await errorOf(iam().send(new GetRoleCommand({ RoleName })));
    expect(error.name).toBe('NoSuchEntityException');
    expect(error.Code).toBe('NoSuchEntity');
    expect(error.$metadata.httpStatusCode).toBe(404);
    expect(error.message).toBe('The role with name app cannot be found.');
  });

  it('can be changed', async () => {
    await createRole({
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'a', Value: '1' }],
    });
    await iam().send(new UpdateRoleCommand({ RoleName, Description: 'new' }));
    await iam().send(
      new TagRoleCommand({ RoleName, Tags: [{ Key: 'b', Value: '2' }] }),
    );
    await iam().send(new UntagRoleCommand({ RoleName, TagKeys: ['a'] }));
    const changed = JSON.stringify({
      ...POD_IDENTITY_TRUST,
      Id: 'changed',
    });
    await iam().send(
      new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: changed }),
    );
    const { Role } = await iam().send(new GetRoleCommand({ RoleName }));
    expect(Role!.Tags).toEqual([{ Key: 'b', Value: '2' }]);
    expect([Role!.Description, Role!.MaxSessionDuration]).toEqual([
      'new',
      3600,
    ]);
    expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toBe(changed);
  });

  it('has one tag per key, in the letter case last written', async () => {
    await createRole({ Tags: [{ Key: 'Team', Value: 'a' }] });
    await iam().send(
      new TagRoleCommand({ RoleName, Tags: [{ Key: 'team', Value: 'b' }] }),
    );
    const { Role } = await iam().send(new GetRoleCommand({ RoleName }));
    expect(Role!.Tags).toEqual([{ Key: 'team', Value: 'b' }]);
  });

  it('has a boundary that can be set and removed', async () => {
    const boundary =
      'arn:aws:iam::111122223333:policy/backstage-workload-boundary';
    await createRole();
    await iam().send(
      new PutRolePermissionsBoundaryCommand({
        RoleName,
        PermissionsBoundary: boundary,
      }),
    );
    const read = async () =>
      (await iam().send(new GetRoleCommand({ RoleName }))).Role!;
    expect((await read()).PermissionsBoundary).toEqual({
      PermissionsBoundaryType: 'Policy',
      PermissionsBoundaryArn: boundary,
    });
    await iam().send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
    expect((await read()).PermissionsBoundary).toBeUndefined();
  });

  it('can be deleted only when nothing is attached, and says what is', async () => {
    await createRole();
    await attach();
    await iam().send(
      new PutRolePolicyCommand({
        RoleName,
        PolicyName: 'inline',
        PolicyDocument: document('s3:*'),
      }),
    );
    const InstanceProfileName = 'profile';
    sandbox.aws.iam.putInstanceProfile({
      name: InstanceProfileName,
      roleName: RoleName,
    });
    const { InstanceProfiles } = await iam().send(
      new ListInstanceProfilesForRoleCommand({ RoleName }),
    );
    expect(InstanceProfiles?.map(p => p.InstanceProfileName)).toEqual([
      InstanceProfileName,
    ]);
    const remove = () => iam().send(new DeleteRoleCommand({ RoleName }));
    const conflict = async () => {
      const error = await errorOf(remove());
      expect(error.name).toBe('DeleteConflictException');
      expect(error.$metadata.httpStatusCode).toBe(409);
      return error.message;
    };
    expect(await conflict()).toBe(
      'Cannot delete entity, must remove roles from instance profile first.',
    );
    await iam().send(
      new RemoveRoleFromInstanceProfileCommand({
        InstanceProfileName,
        RoleName,
      }),
    );
    expect(await conflict()).toBe(
      'Cannot delete entity, must detach all policies first.',
    );
    await iam().send(new DetachRolePolicyCommand({ RoleName, PolicyArn: S3 }));
    expect(await conflict()).toBe(
      'Cannot delete entity, must delete policies first.',
    );
    await iam().send(
      new DeleteRolePolicyCommand({ RoleName, PolicyName: 'inline' }),
    );
    await remove();
    expect((await errorOf(remove())).name).toBe('NoSuchEntityException');
  });

  it('gets a new ID when recreated, and trust policies then show the old ID', async () => {
    const { Role: first } = await createRole();
    await createRole({
      RoleName: 'target',
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: first!.Arn },
            Action: 'sts:AssumeRole',
          },
        ],
      }),
    });
    const trusted = async () => {
      const { Role } = await iam().send(
        new GetRoleCommand({ RoleName: 'target' }),
      );
      return JSON.parse(decodeURIComponent(Role!.AssumeRolePolicyDocument!))
        .Statement[0].Principal.AWS;
    };
    expect(await trusted()).toBe(first!.Arn);
    await iam().send(new DeleteRoleCommand({ RoleName }));
    const { Role: second } = await createRole();
    expect(second!.RoleId).not.toBe(first!.RoleId);
    expect(await trusted()).toBe(first!.RoleId);
  });
});

describe('the policies of a role', () => {
  it('attach and detach once if managed', async () => {
    await createRole();
    await attach();
    await attach();
    const { AttachedPolicies } = await iam().send(
      new ListAttachedRolePoliciesCommand({ RoleName }),
    );
    expect(AttachedPolicies).toEqual([
      { PolicyName: 'AmazonS3ReadOnlyAccess', PolicyArn: S3 },
    ]);
    const detach = () =>
      iam().send(new DetachRolePolicyCommand({ RoleName, PolicyArn: S3 }));
    await detach();
    const again = await errorOf(detach());
    expect(again.name).toBe('NoSuchEntityException');
    expect(again.message).toBe(`Policy ${S3} was not found.`);
    const unknown = 'arn:aws:iam::aws:policy/AmazonS3ReadOnly';
    const error = await errorOf(attach(unknown));
    expect(error.name).toBe('NoSuchEntityException');
    expect(error.message).toBe(
      `Policy ${unknown} does not exist or is not attachable.`,
    );
  });

  it('are written, read and deleted if inline', async () => {
    await createRole();
    const put = (PolicyName: string, action: string) =>
      iam().send(
        new PutRolePolicyCommand({
          RoleName,
          PolicyName,
          PolicyDocument: document(action),
        }),
      );
    await put('b', 's3:*');
    await put('a', 's3:*');
    await put('a', 'sqs:*');
    const { PolicyNames } = await iam().send(
      new ListRolePoliciesCommand({ RoleName }),
    );
    expect(PolicyNames).toEqual(['a', 'b']);
    const { PolicyDocument } = await iam().send(
      new GetRolePolicyCommand({ RoleName, PolicyName: 'a' }),
    );
    expect(decodeURIComponent(PolicyDocument!)).toBe(document('sqs:*'));
    const error = await errorOf(
      iam().send(new GetRolePolicyCommand({ RoleName, PolicyName: 'c' })),
    );
    expect(error.message).toBe('The role policy with name c cannot be found.');
  });

  it('are limited in number and size', async () => {
    sandbox.aws.set({ policiesPerRole: 1, inlinePolicyBytesPerRole: 200 });
    await createRole();
    await attach();
    const many = await errorOf(
      attach('arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess'),
    );
    expect(many.name).toBe('LimitExceededException');
    expect(many.message).toBe('Cannot exceed quota for PoliciesPerRole: 1');
    const large = await errorOf(
      iam().send(
        new PutRolePolicyCommand({
          RoleName,
          PolicyName: 'large',
          PolicyDocument: document(`s3:${'Get'.repeat(100)}`),
        }),
      ),
    );
    expect(large.name).toBe('LimitExceededException');
    expect(large.message).toBe(
      'Maximum policy size of 200 bytes exceeded for role app',
    );
    sandbox.aws.set({ policiesPerRole: 10, inlinePolicyBytesPerRole: 10_240 });
  });
});

describe('a customer-managed policy', () => {
  it('can be deleted only when it is not attached', async () => {
    const { Policy } = await iam().send(
      new CreatePolicyCommand({
        PolicyName: 'own',
        Path: '/team/',
        PolicyDocument: document('s3:*'),
      }),
    );
    const PolicyArn = Policy!.Arn!;
    expect(PolicyArn).toBe('arn:aws:iam::111122223333:policy/team/own');
    const { Policy: read } = await iam().send(
      new GetPolicyCommand({ PolicyArn }),
    );
    expect(read).toMatchObject({ DefaultVersionId: 'v1', AttachmentCount: 0 });
    const { PolicyVersion } = await iam().send(
      new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }),
    );
    expect(decodeURIComponent(PolicyVersion!.Document!)).toBe(document('s3:*'));
    await createRole();
    await attach(PolicyArn);
    const remove = () => iam().send(new DeletePolicyCommand({ PolicyArn }));
    const conflict = await errorOf(remove());
    expect(conflict.name).toBe('DeleteConflictException');
    expect(conflict.message).toBe(
      'Cannot delete a policy attached to entities.',
    );
    await iam().send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
    await remove();
    expect(
      (await errorOf(iam().send(new GetPolicyCommand({ PolicyArn })))).message,
    ).toBe(`Policy ${PolicyArn} was not found.`);
  });

  it('lists its versions, the newest first, also in pages', async () => {
    const { Policy } = await iam().send(
      new CreatePolicyCommand({
        PolicyName: 'versions',
        PolicyDocument: document('s3:*'),
      }),
    );
    const PolicyArn = Policy!.Arn!;
    await iam().send(
      new CreatePolicyVersionCommand({
        PolicyArn,
        PolicyDocument: document('s3:Get*'),
        SetAsDefault: true,
      }),
    );
    const page = async (Marker?: string) => {
      const { Versions, Marker: next } = await iam().send(
        new ListPolicyVersionsCommand({ PolicyArn, MaxItems: 1, Marker }),
      );
      return {
        next,
        seen: Versions!.map(one => [one.VersionId, one.IsDefaultVersion]),
      };
    };
    const { next, seen } = await page();
    expect(seen).toEqual([['v2', true]]);
    expect(await page(next)).toEqual({ seen: [['v1', false]] });
    await iam().send(new DeletePolicyCommand({ PolicyArn }));
  });

  it('from AWS can be read with its real document but not changed', async () => {
    const { Policy } = await iam().send(
      new GetPolicyCommand({ PolicyArn: S3 }),
    );
    expect(Policy).toMatchObject({
      PolicyName: 'AmazonS3ReadOnlyAccess',
      DefaultVersionId: 'v3',
      IsAttachable: true,
    });
    const { PolicyVersion } = await iam().send(
      new GetPolicyVersionCommand({ PolicyArn: S3, VersionId: 'v3' }),
    );
    expect(
      JSON.parse(decodeURIComponent(PolicyVersion!.Document!)).Statement[0]
        .Action,
    ).toEqual([
      's3:Get*',
      's3:List*',
      's3:Describe*',
      's3-object-lambda:Get*',
      's3-object-lambda:List*',
    ]);
    expect(
      (await errorOf(iam().send(new DeletePolicyCommand({ PolicyArn: S3 }))))
        .name,
    ).toBe('AccessDenied');
  });
});

describe('whole accounts', () => {
  it('are listed in pages', async () => {
    for (let i = 0; i < 25; i++) {
      sandbox.aws.iam.putRole({ name: `bulk-${i}`, path: '/bulk/' });
    }
    const names: string[] = [];
    let pages = 0;
    for await (const page of paginateListRoles(
      { client: iam(), pageSize: 10 },
      { PathPrefix: '/bulk/' },
    )) {
      pages += 1;
      names.push(...page.Roles!.map(role => role.RoleName!));
    }
    expect(pages).toBe(3);
    expect(new Set(names).size).toBe(25);
  });

  it('are shown in full by GetAccountAuthorizationDetails, in pages', async () => {
    await createRole({ Tags: [{ Key: 'team', Value: 'x' }] });
    await attach();
    const details = { roles: [] as any[], policies: [] as any[] };
    for await (const page of paginateGetAccountAuthorizationDetails(
      { client: iam(), pageSize: 2 },
      { Filter: ['Role', 'LocalManagedPolicy', 'AWSManagedPolicy'] },
    )) {
      expect(page.UserDetailList ?? []).toEqual([]);
      details.roles.push(...(page.RoleDetailList ?? []));
      details.policies.push(...(page.Policies ?? []));
    }
    const role = details.roles.find(r => r.RoleName === RoleName);
    expect(role).toMatchObject({
      AttachedManagedPolicies: [{ PolicyArn: S3 }],
      Tags: [{ Key: 'team', Value: 'x' }],
    });
    expect(decodeURIComponent(role.AssumeRolePolicyDocument)).toBe(trust);
    const names = details.policies.map(policy => policy.PolicyName);
    expect(names).toContain('AmazonS3ReadOnlyAccess');
    expect(names).toContain('backstage-workload-boundary');
    expect(names).not.toContain('AmazonSQSReadOnlyAccess');
  });

  it('can simulate what a role may do', async () => {
    await createRole();
    await attach();
    const { EvaluationResults } = await iam().send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: 'arn:aws:iam::111122223333:role/app',
        ActionNames: ['s3:ListBucket', 'eks-auth:AssumeRoleForPodIdentity'],
      }),
    );
    expect(EvaluationResults?.map(r => r.EvalDecision)).toEqual([
      'allowed',
      'implicitDeny',
    ]);
  });
});

describe('the issuers that an account trusts', () => {
  const list = ({ iam: client }: Clients) =>
    client.send(new ListOpenIDConnectProvidersCommand({}));

  it('are listed by their ARNs, and of no other account', async () => {
    expect((await list(admin)).OpenIDConnectProviderList ?? []).toEqual([]);
    const { iam: direct } = sandbox.aws;
    const arns = ['A1', 'B2'].map(id =>
      direct.putOidcProvider({
        url: `https://oidc.eks.eu-west-1.amazonaws.com/id/${id}`,
      }),
    );
    direct.putOidcProvider({
      accountId: SECOND_ACCOUNT,
      url: 'https://token.actions.githubusercontent.com',
    });
    const { OpenIDConnectProviderList } = await list(admin);
    expect(OpenIDConnectProviderList).toEqual(arns.map(Arn => ({ Arn })));
    expect(arns[0]).toBe(
      'arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1',
    );
  });

  it('come and go, each once', async () => {
    const { iam: client } = admin;
    const Url = 'https://oidc.eks.eu-west-1.amazonaws.com/id/C3';
    const make = () =>
      client.send(
        new CreateOpenIDConnectProviderCommand({
          Url,
          ClientIDList: ['sts.amazonaws.com'],
        }),
      );
    const { OpenIDConnectProviderArn: Arn } = await make();
    const listed = async () =>
      (await list(admin)).OpenIDConnectProviderList?.map(one => one.Arn);
    expect(await listed()).toContain(Arn);
    const get = () =>
      client.send(
        new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: Arn }),
      );
    expect(await get()).toMatchObject({
      Url: 'oidc.eks.eu-west-1.amazonaws.com/id/C3',
      ClientIDList: ['sts.amazonaws.com'],
    });
    expect((await errorOf(make())).name).toBe('EntityAlreadyExistsException');
    await client.send(
      new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: Arn }),
    );
    expect(await listed()).not.toContain(Arn);
    expect((await errorOf(get())).name).toBe('NoSuchEntityException');
  });

  it('are shown to those that may list them only', async () => {
    const lister = (Action: string, Resource = '*') => {
      const { key } = sandbox.aws.iam.putUser({
        name: 'lister',
        inline: {
          p: {
            Version: '2012-10-17',
            Statement: { Effect: 'Allow', Action, Resource },
          },
        },
      });
      return sdk(sandbox, key);
    };
    const may = lister('iam:ListOpenIDConnectProviders');
    await list(may);
    may.destroy();
    for (const not of [
      lister('iam:ListRoles'),
      lister(
        'iam:ListOpenIDConnectProviders',
        'arn:aws:iam::111122223333:role/*',
      ),
    ]) {
      const error = await errorOf(list(not));
      expect([error.name, error.message]).toEqual([
        'AccessDenied',
        expect.stringContaining(
          'is not authorized to perform: iam:ListOpenIDConnectProviders on resource: *',
        ),
      ]);
      not.destroy();
    }
  });
});

describe('bad input', () => {
  it.each<[string, object, string, string]>([
    [
      'a name with a space',
      { RoleName: 'a b' },
      'ValidationError',
      'The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
    ],
    [
      'a name of 65 characters',
      { RoleName: 'a'.repeat(65) },
      'ValidationError',
      `1 validation error detected: Value '${'a'.repeat(
        65,
      )}' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    ],
    [
      'a path without a slash',
      { Path: 'x' },
      'ValidationError',
      'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    ],
    [
      'a trust policy that is not JSON',
      { AssumeRolePolicyDocument: '{' },
      'MalformedPolicyDocumentException',
      'This policy contains invalid Json',
    ],
    [
      'a trust policy with a Resource',
      {
        AssumeRolePolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { ...(POD_IDENTITY_TRUST.Statement as object[])[0], Resource: '*' },
          ],
        }),
      },
      'MalformedPolicyDocumentException',
      'Has prohibited field Resource',
    ],
    [
      'a trusted role that does not exist',
      {
        AssumeRolePolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: 'sts:AssumeRole',
              Principal: { AWS: 'arn:aws:iam::111122223333:role/none' },
            },
          ],
        }),
      },
      'MalformedPolicyDocumentException',
      'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/none"',
    ],
    [
      'the unique ID of a role that does not exist any more',
      {
        AssumeRolePolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: 'sts:AssumeRole',
              Principal: { AWS: 'AROAEXAMPLEEXAMPLE234' },
            },
          ],
        }),
      },
      'MalformedPolicyDocumentException',
      'Invalid principal in policy: "AWS":"AROAEXAMPLEEXAMPLE234"',
    ],
    [
      'a trust policy that is too long',
      {
        AssumeRolePolicyDocument: JSON.stringify({
          ...POD_IDENTITY_TRUST,
          Id: 'x'.repeat(2_100),
        }),
      },
      'LimitExceededException',
      'Cannot exceed quota for ACLSizePerRole: 2048',
    ],
    [
      'a boundary that does not exist',
      { PermissionsBoundary: 'arn:aws:iam::111122223333:policy/none' },
      'NoSuchEntityException',
      'Scope ARN: arn:aws:iam::111122223333:policy/none does not exist or is not attachable.',
    ],
    [
      'a duplicate tag key',
      {
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'A', Value: '2' },
        ],
      },
      'InvalidInputException',
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    ],
    [
      'a reserved tag key',
      { Tags: [{ Key: 'aws:a', Value: '1' }] },
      'InvalidInputException',
      'Caller is not allowed to modify tag keys starting with aws:',
    ],
    [
      'a session duration of a minute',
      { MaxSessionDuration: 60 },
      'ValidationError',
      "1 validation error detected: Value '60' at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600",
    ],
  ])('%s is refused', async (_name, bad, name, message) => {
    const error = await errorOf(createRole(bad));
    expect([error.name, error.message]).toEqual([name, message]);
    const found = await errorOf(iam().send(new GetRoleCommand({ RoleName })));
    expect(found.name).toBe('NoSuchEntityException');
  });
});
