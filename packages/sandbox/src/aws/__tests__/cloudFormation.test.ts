import {
  ChangeSetType,
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateSummaryCommand,
  ListStacksCommand,
  Parameter,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CloudTrailClient,
  LookupEventsCommand,
} from '@aws-sdk/client-cloudtrail';
import { errorOf } from '../../__testUtils__/clients';
import { PORTAL_STACK } from '../../__testUtils__/stackTemplates';
import { current } from '../../core/propagated';
import { POD_IDENTITY_TRUST } from '../direct/iam';
import { Sandbox, startSandbox } from '../../sandbox';

const CLUSTER = 'payments-prod';
const StackName = 'portal';
const ROLE = 'arn:aws:iam::111122223333:role/stack-read';
const Capabilities: ['CAPABILITY_NAMED_IAM'] = ['CAPABILITY_NAMED_IAM'];

let sandbox: Sandbox;
let cloudFormation: CloudFormationClient;

const clientOf = (keys: { accessKeyId: string; secretAccessKey: string }) =>
  new CloudFormationClient({
    region: sandbox.region,
    endpoint: sandbox.awsEndpoint,
    credentials: keys,
    maxAttempts: 1,
  });

beforeAll(async () => {
  sandbox = await startSandbox({ clusters: [CLUSTER], clockRate: 0 });
  cloudFormation = clientOf(sandbox.credentials.admin);
});
beforeEach(() => sandbox.reset());
afterAll(async () => {
  cloudFormation.destroy();
  await sandbox.stop();
});

const parameters = (values: Record<string, string> = {}): Parameter[] =>
  Object.entries(values).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }));

const create = (
  TemplateBody: string,
  more: Record<string, unknown> = {},
  client = cloudFormation,
) =>
  client.send(
    new CreateStackCommand({ StackName, TemplateBody, Capabilities, ...more }),
  );

const update = (TemplateBody: string, more: Record<string, unknown> = {}) =>
  cloudFormation.send(
    new UpdateStackCommand({ StackName, TemplateBody, Capabilities, ...more }),
  );

async function stack(name = StackName) {
  const { Stacks } = await cloudFormation.send(
    new DescribeStacksCommand({ StackName: name }),
  );
  return Stacks![0];
}

/** The states of a stack and its resources, oldest first. */
async function events(name = StackName): Promise<string[]> {
  const { StackEvents } = await cloudFormation.send(
    new DescribeStackEventsCommand({ StackName: name }),
  );
  return StackEvents!
    .reverse()
    .map(event => `${event.LogicalResourceId} ${event.ResourceStatus}`);
}

const failureReason = async () => {
  const { StackEvents } = await cloudFormation.send(
    new DescribeStackEventsCommand({ StackName }),
  );
  return StackEvents!.find(event => /FAILED/.test(event.ResourceStatus!))
    ?.ResourceStatusReason;
};

const entryOf = (arn: string) =>
  current(sandbox.aws.eks.cluster(CLUSTER).accessEntries.get(arn));

const withResources = (resources: object) =>
  JSON.stringify({
    AWSTemplateFormatVersion: '2010-09-09',
    Resources: resources,
  });

it('makes resources in the order of their references, tagged with their stack', async () => {
  const { StackId } = await create(PORTAL_STACK, {
    Tags: [{ Key: 'team', Value: 'platform' }],
  });
  expect(await events()).toEqual([
    'portal CREATE_IN_PROGRESS',
    ...['Boundary', 'ReadRole', 'Entry'].flatMap(id => [
      `${id} CREATE_IN_PROGRESS`,
      `${id} CREATE_IN_PROGRESS`,
      `${id} CREATE_COMPLETE`,
    ]),
    'portal CREATE_COMPLETE',
  ]);
  const role = sandbox.aws.iam.role(ROLE);
  const tags = {
    team: 'platform',
    'aws:cloudformation:stack-name': StackName,
    'aws:cloudformation:stack-id': StackId,
  };
  expect(role).toMatchObject({
    boundaryArn: 'arn:aws:iam::111122223333:policy/portal-boundary',
    tags: { ...tags, 'aws:cloudformation:logical-id': 'ReadRole' },
  });
  expect(JSON.parse(role.trust).Statement[0].Principal.AWS).toBe(
    'arn:aws:iam::111122223333:user/backstage',
  );
  expect(JSON.parse(role.inline.reading).Statement[0].Resource).toBe(
    'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
  );
  expect(entryOf(ROLE)).toMatchObject({
    groups: ['readers'],
    tags: { ...tags, 'aws:cloudformation:logical-id': 'Entry' },
  });
  const { Outputs, Parameters } = await stack();
  expect(Outputs).toEqual([{ OutputKey: 'ReadRoleArn', OutputValue: ROLE }]);
  expect(Parameters).toContainEqual({
    ParameterKey: 'Secret',
    ParameterValue: '****',
  });
});

it('calls in the name of its caller, as CloudTrail shows', async () => {
  await create(PORTAL_STACK);
  const trail = new CloudTrailClient({
    region: sandbox.region,
    endpoint: sandbox.awsEndpoint,
    credentials: sandbox.credentials.admin,
  });
  await sandbox.clock.advance(20 * 60_000);
  const { Events } = await trail.send(
    new LookupEventsCommand({
      LookupAttributes: [
        { AttributeKey: 'EventName', AttributeValue: 'CreateAccessEntry' },
      ],
    }),
  );
  trail.destroy();
  expect(JSON.parse(Events![0].CloudTrailEvent!)).toMatchObject({
    sourceIPAddress: 'cloudformation.amazonaws.com',
    userAgent: 'cloudformation.amazonaws.com',
    userIdentity: { arn: sandbox.credentials.admin.arn },
  });
});

it('leaves out what a condition leaves out', async () => {
  await create(PORTAL_STACK, {
    Parameters: parameters({ WithBoundary: 'no' }),
  });
  expect(sandbox.aws.iam.role(ROLE).boundaryArn).toBeUndefined();
  expect(
    (await events()).filter(event => event.endsWith(' CREATE_COMPLETE')),
  ).toEqual(['ReadRole', 'Entry', 'portal'].map(id => `${id} CREATE_COMPLETE`));
});

it('has the rights of its caller only, and rolls back what they do not allow', async () => {
  const { key } = sandbox.aws.iam.putUser({
    name: 'half-allowed',
    inline: {
      stacks: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: [
              ...['cloudformation:*', 'iam:CreatePolicy', 'iam:GetPolicy'],
              'iam:DeletePolicy',
            ],
            Resource: '*',
          },
        ],
      },
    },
  });
  const limited = clientOf(key);
  await create(PORTAL_STACK, {}, limited);
  limited.destroy();
  expect(await failureReason()).toMatch(
    /^Resource handler returned message: "User: arn:aws:iam::111122223333:user\/half-allowed is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::111122223333:role\/stack-read because no identity-based policy allows the iam:CreateRole action \(Service: Iam, Status Code: 403, Request ID: [-0-9a-f]+\) \(SDK Attempt Count: 1\)" \(RequestToken: [-0-9a-f]+, HandlerErrorCode: AccessDenied\)$/,
  );
  expect((await events()).slice(-4)).toEqual([
    'portal ROLLBACK_IN_PROGRESS',
    'Boundary DELETE_IN_PROGRESS',
    'Boundary DELETE_COMPLETE',
    'portal ROLLBACK_COMPLETE',
  ]);
  expect((await errorOf(update(PORTAL_STACK))).message).toMatch(
    /is in ROLLBACK_COMPLETE state and can not be updated\.$/,
  );
});

it('updates in place, replaces, removes, and rolls an update back', async () => {
  await create(PORTAL_STACK);
  const { createdAt, roleId } = sandbox.aws.iam.role(ROLE);
  const wider = PORTAL_STACK.replace('eks:DescribeCluster', 'eks:List*');
  await update(wider, { Parameters: parameters({ WithBoundary: 'no' }) });
  expect(await stack()).toMatchObject({ StackStatus: 'UPDATE_COMPLETE' });
  const changed = sandbox.aws.iam.role(ROLE);
  expect(changed).toMatchObject({ roleId, createdAt, boundaryArn: undefined });
  expect(changed.inline.reading).toContain('eks:List*');
  expect(
    (
      await errorOf(
        update(wider, {
          Parameters: parameters({ WithBoundary: 'no' }),
        }),
      )
    ).message,
  ).toBe('No updates are to be performed.');

  const renamed = PORTAL_STACK.replace('RoleName: stack-read', 'RoleName: two');
  await update(renamed);
  const two = 'arn:aws:iam::111122223333:role/two';
  expect(sandbox.aws.iam.findRole(ROLE)).toBeUndefined();
  expect(entryOf(ROLE)).toBeUndefined();
  expect(entryOf(two)).toBeDefined();

  const moved = renamed.replace(
    'RoleName: two',
    'RoleName: two\n      Path: /x/',
  );
  await update(moved, { Parameters: parameters({ Group: 'later' }) });
  expect(await failureReason()).toBe(
    'CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename two and update the stack again.',
  );
  expect(await stack()).toMatchObject({
    StackStatus: 'UPDATE_ROLLBACK_COMPLETE',
  });
  await update(renamed.replace('RoleName: two', 'RoleName: three'), {
    Parameters: parameters({ Group: 'system:masters' }),
  });
  expect(await stack()).toMatchObject({
    StackStatus: 'UPDATE_ROLLBACK_COMPLETE',
  });
  expect(sandbox.aws.iam.roles().map(({ name }) => name)).not.toContain(
    'three',
  );
  expect(entryOf(two)?.groups).toEqual(['readers']);
});

it('says in a change set what it would do, and does it when it is executed', async () => {
  await create(PORTAL_STACK);
  const changeSet = async (name: string, group: string) => {
    await cloudFormation.send(
      new CreateChangeSetCommand({
        StackName,
        ChangeSetName: name,
        ChangeSetType: ChangeSetType.UPDATE,
        TemplateBody: PORTAL_STACK,
        Parameters: parameters({ Group: group }),
        Capabilities,
      }),
    );
    return cloudFormation.send(
      new DescribeChangeSetCommand({ StackName, ChangeSetName: name }),
    );
  };
  expect(await changeSet('same', 'readers')).toMatchObject({
    Status: 'FAILED',
    ExecutionStatus: 'UNAVAILABLE',
    StatusReason: expect.stringMatching(/^The submitted information didn't/),
  });
  const other = await changeSet('other', 'others');
  expect(other.Changes!.map(({ ResourceChange }) => ResourceChange)).toEqual([
    expect.objectContaining({
      Action: 'Modify',
      LogicalResourceId: 'Entry',
      Replacement: 'False',
    }),
  ]);
  await cloudFormation.send(
    new ExecuteChangeSetCommand({ StackName, ChangeSetName: 'other' }),
  );
  expect(entryOf(ROLE)?.groups).toEqual(['others']);
});

it('makes add-ons and associations, waits for them, and deletes them in the end', async () => {
  const cluster = sandbox.aws.eks.cluster(CLUSTER);
  const agent = 'eks-pod-identity-agent';
  cluster.addons.delete(agent);
  sandbox.delays.addon = 12_000;
  await create(
    withResources({
      Agent: {
        Type: 'AWS::EKS::Addon',
        Properties: { ClusterName: CLUSTER, AddonName: agent },
      },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 'pods.eks.amazonaws.com' },
                Action: ['sts:AssumeRole', 'sts:TagSession'],
              },
            ],
          },
        },
      },
      Association: {
        Type: 'AWS::EKS::PodIdentityAssociation',
        DependsOn: 'Agent',
        Properties: {
          ClusterName: CLUSTER,
          Namespace: 'payments',
          ServiceAccount: 'from-a-stack',
          RoleArn: { 'Fn::GetAtt': 'Role.Arn' },
        },
      },
    }),
  );
  expect((await stack()).StackStatus).toBe('CREATE_IN_PROGRESS');
  let seconds = 0;
  let made = await stack();
  while (made.StackStatus === 'CREATE_IN_PROGRESS' && seconds < 30) {
    seconds += 1;
    await sandbox.clock.advance(1_000);
    made = await stack();
  }
  expect(made.StackStatus).toBe('CREATE_COMPLETE');
  expect(seconds).toBeGreaterThanOrEqual(12);
  expect(cluster.addons.get(agent)).toMatchObject({ status: 'ACTIVE' });
  const ours = () =>
    sandbox.aws.eks
      .associations(CLUSTER)
      .find(({ serviceAccount }) => serviceAccount === 'from-a-stack');
  expect(ours()?.roleArn).toMatch(/:role\/portal-Role-[A-Za-z0-9]{12}$/);
  expect(ours()?.tags['aws:cloudformation:logical-id']).toBe('Association');

  sandbox.delays.addon = 0;
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  expect((await stack(made.StackId)).StackStatus).toBe('DELETE_COMPLETE');
  expect(ours()).toBeUndefined();
  expect(cluster.addons.has(agent)).toBe(false);
  expect((await errorOf(stack())).message).toBe(
    'Stack with id portal does not exist',
  );
});

it('keeps a stack whose resources are in use, and says which', async () => {
  await create(PORTAL_STACK);
  sandbox.aws.iam.putRole({
    name: 'of-a-workload',
    boundaryArn: 'arn:aws:iam::111122223333:policy/portal-boundary',
  });
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  expect(await stack()).toMatchObject({
    StackStatus: 'DELETE_FAILED',
    StackStatusReason:
      'The following resource(s) failed to delete: [Boundary]. ',
  });
  expect(sandbox.aws.iam.findRole(ROLE)).toBeUndefined();
  sandbox.aws.iam.deleteRole('arn:aws:iam::111122223333:role/of-a-workload');
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  expect((await errorOf(stack())).name).toBe('ValidationError');
});

const role = (properties: object) =>
  withResources({ R: { Type: 'AWS::IAM::Role', Properties: properties } });
const REFUSALS: Record<string, [string, string]> = {
  'no YAML': ['a: [', 'Template format error: YAML not well-formed.'],
  'no resources': [
    'AWSTemplateFormatVersion: "2010-09-09"',
    'Template format error: At least one Resources member must be defined.',
  ],
  'an unknown section': [
    `${PORTAL_STACK}Extras: {}`,
    'Invalid template property or properties [Extras]',
  ],
  'an unknown type': [
    withResources({ R: { Type: 'AWS::IAM::Roles' } }),
    'Template format error: Unrecognized resource types: [AWS::IAM::Roles]',
  ],
  'an unknown name': [
    role({ RoleName: { Ref: 'Nothing' } }),
    'Template format error: Unresolved resource dependencies [Nothing] in the Resources block of the template',
  ],
  'an unknown attribute': [
    withResources({
      A: { Type: 'AWS::IAM::Role', Properties: {} },
      B: {
        Type: 'AWS::IAM::Role',
        Properties: { Description: { 'Fn::GetAtt': ['A', 'Name'] } },
      },
    }),
    'Template error: resource A does not support attribute type Name in Fn::GetAtt',
  ],
  'a circle': [
    withResources({
      A: { Type: 'AWS::IAM::Role', DependsOn: 'B' },
      B: { Type: 'AWS::IAM::Role', DependsOn: ['A'] },
    }),
    'Circular dependency between resources: [A, B]',
  ],
  'a value that the pattern refuses': [
    PORTAL_STACK.replace('Default: payments-prod', 'Default: "*"'),
    'Parameter ClusterName failed to satisfy constraint: the name of an EKS cluster',
  ],
  'a value that is not offered': [
    PORTAL_STACK.replace("Default: 'yes'", "Default: 'maybe'"),
    "Parameter 'WithBoundary' must be one of AllowedValues",
  ],
  'no value': [
    PORTAL_STACK.replace('    Default: readers\n', ''),
    'Parameters: [Group] must have values',
  ],
};

it.each(Object.entries(REFUSALS))('refuses %s', async (_, [body, sentence]) => {
  expect((await errorOf(create(body))).message).toContain(sentence);
});

it('fails a resource whose properties its schema does not know', async () => {
  await create(role({ Trust: {} }));
  expect(await failureReason()).toBe(
    'Properties validation failed for resource R with message:\n[#: extraneous key [Trust] is not permitted, #: required key [AssumeRolePolicyDocument] not found]',
  );
});

it('asks for the capabilities that a template needs', async () => {
  const error = await errorOf(create(PORTAL_STACK, { Capabilities: [] }));
  expect([error.name, error.message]).toEqual([
    'InsufficientCapabilitiesException',
    'Requires capabilities : [CAPABILITY_NAMED_IAM]',
  ]);
});

it('names the parameters of a stack to who updates it', async () => {
  await create(PORTAL_STACK);
  const { Parameters } = await cloudFormation.send(
    new GetTemplateSummaryCommand({ StackName }),
  );
  expect(Parameters).toContainEqual(
    expect.objectContaining({
      ParameterKey: 'WithBoundary',
      ParameterType: 'String',
      DefaultValue: 'yes',
      NoEcho: false,
    }),
  );
});

it('attaches a policy to the roles of its template, and takes it from them', async () => {
  const { arn } = sandbox.aws.iam.putRole({ name: 'there' });
  const policy = (...Roles: string[]) =>
    withResources({
      Policy: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 'eks:*', Resource: '*' }],
          },
          Roles,
        },
      },
    });
  const attached = () => sandbox.aws.iam.role(arn).attached.length;
  await create(policy('there'));
  expect(attached()).toBe(1);
  await update(policy());
  expect(attached()).toBe(0);
  await update(policy('there'));
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  expect(attached()).toBe(0);
});

it('deletes what RetainExceptOnCreate names on the rollback of its creation alone, and keeps to rules', async () => {
  const Url = 'https://gitlab.com';
  const Type = 'AWS::IAM::OIDCProvider';
  const Kept = { Type, DeletionPolicy: 'RetainExceptOnCreate' };
  const template = (url: string) =>
    `{"Rules":{"Public":{"Assertions":[{"Assert":{"Fn::Equals":["${Url}","${url}"]},"AssertDescription":"only gitlab.com"}]}},${withResources(
      {
        Kept: { ...Kept, Properties: { Url } },
        Later: { Type, DependsOn: 'Kept', Properties: { Url } },
      },
    ).slice(1)}`;
  await expect(create(template('other'))).rejects.toThrow('only gitlab.com');
  await create(template(Url));
  expect(await events()).toContain('Kept DELETE_COMPLETE');
  sandbox.reset();
  await create(withResources({ Kept: { ...Kept, Properties: { Url } } }));
  const { StackId } = await stack();
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  expect(await events(StackId)).toContain('Kept DELETE_SKIPPED');
});

it('puts an inline policy into the roles of its template, and takes it from them', async () => {
  const policyFor = (PolicyName: string, Action: string, Roles: string[]) =>
    withResources({
      Rights: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyName,
          Roles,
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: { Effect: 'Allow', Action, Resource: '*' },
          },
        },
      },
    });
  const [one, other] = ['one', 'other'].map(name =>
    sandbox.aws.iam.putRole({ name }),
  );
  const actions = (arn: string) =>
    Object.entries(sandbox.aws.iam.role(arn).inline).map(([name, text]) => [
      name,
      JSON.parse(text).Statement.Action,
    ]);
  await expect(
    create(policyFor('reading', 's3:GetObject', ['one']), { Capabilities: [] }),
  ).rejects.toThrow(/CAPABILITY_IAM/);
  await create(policyFor('reading', 's3:GetObject', ['one', 'other']));
  expect(actions(one.arn)).toEqual([['reading', 's3:GetObject']]);
  await update(policyFor('reading', 's3:ListBucket', ['other']));
  expect(actions(one.arn)).toEqual([]);
  expect(actions(other.arn)).toEqual([['reading', 's3:ListBucket']]);
  await update(policyFor('listing', 's3:ListBucket', ['other']));
  expect(actions(other.arn)).toEqual([['listing', 's3:ListBucket']]);
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  expect(actions(other.arn)).toEqual([]);
});

it('does not delete a stack that is protected, and lists those that are gone', async () => {
  const template = withResources({
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { AssumeRolePolicyDocument: POD_IDENTITY_TRUST },
    },
  });
  const remove = () =>
    cloudFormation.send(new DeleteStackCommand({ StackName }));
  const protect = (EnableTerminationProtection: boolean) =>
    cloudFormation.send(
      new UpdateTerminationProtectionCommand({
        StackName,
        EnableTerminationProtection,
      }),
    );
  const listed = async (StackStatusFilter?: ['DELETE_COMPLETE']) => {
    const { StackSummaries } = await cloudFormation.send(
      new ListStacksCommand({ StackStatusFilter }),
    );
    return StackSummaries!.map(one => [one.StackName, one.StackStatus]);
  };
  await create(template, { EnableTerminationProtection: true });
  expect((await stack()).EnableTerminationProtection).toBe(true);
  await expect(remove()).rejects.toThrow(
    'Stack [portal] cannot be deleted while TerminationProtection is enabled',
  );
  expect(await listed(['DELETE_COMPLETE'])).toEqual([]);
  await protect(false);
  expect((await stack()).EnableTerminationProtection).toBe(false);
  await remove();
  await create(template);
  await protect(true);
  await expect(remove()).rejects.toThrow(/TerminationProtection/);
  expect(await listed()).toEqual([
    ['portal', 'CREATE_COMPLETE'],
    ['portal', 'DELETE_COMPLETE'],
  ]);
});
