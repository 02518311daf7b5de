import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { startSandbox, type Sandbox } from 'eks-sandbox';
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { principalPolicy } from '../aws/portalRights';
import {
  adminClients,
  applyAccessEntries,
  applyPlan,
  pictureOf,
} from './__testUtils__/appliers';
import { CLUSTER, bareAccount } from './__testUtils__/bareAccount';
import { blocksOf, planModule } from './__testUtils__/terraformModule';

const DEPLOY = resolve(__dirname, '../../../../deploy');
const read = (path: string) => readFileSync(resolve(DEPLOY, path), 'utf8');
const StackName = 'backstage-eks';

/** The Terraform module and the eksctl configuration, held against the stack: what each makes in a bare account. */
describe('the other ways to set a portal up', () => {
  let sandbox: Sandbox;
  let clients: ReturnType<typeof adminClients>;
  let cloudFormation: CloudFormationClient;

  // For each try, should one be retried
  beforeEach(async () => {
    sandbox = await startSandbox({ clusters: [CLUSTER] });
    await bareAccount(sandbox);
    clients = adminClients(sandbox);
    cloudFormation = new CloudFormationClient({
      endpoint: sandbox.awsEndpoint,
      region: sandbox.region,
      credentials: sandbox.credentials.admin,
    });
  });
  afterEach(async () => {
    clients.eks.destroy();
    clients.iam.destroy();
    cloudFormation.destroy();
    await sandbox.stop();
  });

  const parameters = (values: Record<string, string>) =>
    Object.entries({
      ClusterName: CLUSTER,
      PortalPrincipalArn: sandbox.credentials.backstage.arn,
      PortalId: 'portal.example.com',
      ...values,
    }).map(([ParameterKey, ParameterValue]) => ({
      ParameterKey,
      ParameterValue,
    }));

  const stack = async () =>
    (await cloudFormation.send(new DescribeStacksCommand({ StackName })))
      .Stacks![0];

  /** Makes the stack, and returns what it made and said. */
  async function stacked(values: Record<string, string> = {}) {
    await cloudFormation.send(
      new CreateStackCommand({
        StackName,
        TemplateBody: read('cloudformation.yaml'),
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        Parameters: parameters(values),
      }),
    );
    expect((await stack()).StackStatus).toBe('CREATE_COMPLETE');
  }
  const unstacked = () =>
    cloudFormation.send(new DeleteStackCommand({ StackName }));

  const planned = (given: Record<string, unknown> = {}) =>
    planModule(
      blocksOf('terraform'),
      {
        cluster_name: CLUSTER,
        portal_principal_arn: sandbox.credentials.backstage.arn,
        portal_id: 'portal.example.com',
        ...given,
      },
      { account: sandbox.accountId, region: sandbox.region },
    );

  it('are the same setup by the stack, by eksctl for its part, and by Terraform', async () => {
    const more = {
      InstallAgent: 'yes',
      Look: 'yes',
      OptionalReading: 'yes',
      CloudTrailEvidence: 'yes',
      EditTrust: 'yes',
      MoreDataActions: 'kinesis:PutRecord,kinesis:GetRecords',
    };
    await stacked(more);
    const wanted = await pictureOf(sandbox, clients);
    const { Outputs } = await stack();
    const said = Outputs!.map(({ OutputValue }) => OutputValue).sort();
    expect(wanted.roles).toHaveLength(3);
    expect(wanted.entries).toHaveLength(3);
    expect(JSON.stringify(wanted.boundary)).toContain('kinesis:PutRecord');
    await unstacked();

    await stacked({ ...more, AccessEntries: 'no' });
    const eksctl = parse(read('eksctl.yaml'));
    await applyAccessEntries(clients, eksctl);
    expect(await pictureOf(sandbox, clients)).toEqual(wanted);
    expect(
      eksctl.iam.podIdentityAssociations.map(
        (one: { permissionPolicy: object }) => one.permissionPolicy,
      ),
    ).toEqual([principalPolicy(Object.values(sandbox.credentials.roles))]);
    for (const arn of Object.values(sandbox.credentials.roles)) {
      sandbox.aws.eks.deleteAccessEntry(CLUSTER, arn);
    }
    await unstacked();

    const { resources, outputs } = planned({
      install_agent: true,
      look: true,
      optional_reading: true,
      cloudtrail_evidence: true,
      edit_trust: true,
      more_data_actions: ['kinesis:PutRecord', 'kinesis:GetRecords'],
    });
    await applyPlan(clients, resources);
    expect(await pictureOf(sandbox, clients)).toEqual(wanted);
    expect(Object.values(outputs).sort()).toEqual(said);
  });

  it('are modules that can be taken by address: none needs a file beside its own', () => {
    const files = globSync('terraform/**/*.tf', { cwd: DEPLOY });
    expect(files.length).toBeGreaterThan(10);
    expect(
      files.filter(file => /\.\.\/|\bfile\(|\bpath\./.test(read(file))),
    ).toEqual([]);
  });

  it('leave out the same for a portal that only watches', async () => {
    const kinds = (all: string[]) => [...all].sort();
    const { resources, outputs } = planned({ self_service: false });
    expect(kinds(resources.map(({ type }) => type))).toEqual([
      'aws_eks_access_entry',
      'aws_eks_access_entry',
      'aws_iam_policy',
      'aws_iam_role',
      'aws_iam_role',
      'aws_iam_role_policy_attachment',
      'aws_iam_role_policy_attachment',
    ]);
    expect(outputs).toMatchObject({ write_role: null, boundary: null });
  });

  it('have names of their own in each region of a StackSet', async () => {
    await stacked({
      Regional: 'yes',
      RolePrefix: 'other',
      SelfService: 'no',
    });
    const names = sandbox.aws.iam.roles().map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'other-read-eu-west-1',
        'other-verify-eu-west-1',
      ]),
    );
    expect(names).not.toContain('other-write-eu-west-1');
  });

  it('turn a portal that watches into one that changes', async () => {
    const { write } = sandbox.credentials.roles;
    await stacked({ SelfService: 'no' });
    expect(sandbox.aws.iam.findRole(write)).toBeUndefined();
    await cloudFormation.send(
      new UpdateStackCommand({
        StackName,
        UsePreviousTemplate: true,
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        Parameters: parameters({ SelfService: 'yes' }),
      }),
    );
    expect((await stack()).StackStatus).toBe('UPDATE_COMPLETE');
    expect(sandbox.aws.iam.role(write).inline).toHaveProperty('changing');
  });
});
