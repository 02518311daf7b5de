import type { TemplateExample } from '@backstage/plugin-scaffolder-node';
import { BOUNDARY_NAME } from 'eks-sandbox';
import { parse } from 'yaml';
import {
  ANA,
  Calls,
  startTestPortal,
  TestPortal,
} from './__testUtils__/portal';
import { templateOf } from './__testUtils__/scaffolder';
import {
  OWN_TEMPLATE,
  ownGuardrails,
  readTemplate,
} from './__testUtils__/templates';
import { examples as associate } from './actions/createAssociateAction.examples';
import { examples as teardown } from './actions/createTeardownAction.examples';
import { examples as verify } from './actions/createVerifyAction.examples';

const CLUSTER = 'payments-prod';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';

/** The examples as templates, in the order in which they make sense one after the other. */
const all: Record<string, TemplateExample> = {
  'associate-new-role': associate[0],
  'associate-existing-role': associate[1],
  'verify-with-pod': verify[0],
  'verify-without-pod': verify[1],
  'teardown-forced': teardown[1],
  teardown: teardown[0],
  'roll-back': teardown[2],
};

/** Every example of every action, through the real scaffolder and the real engine, against the sandbox. */
describe('examples', () => {
  let portal: TestPortal;
  const counted: Record<string, Calls> = {};

  beforeAll(async () => {
    const own = ownGuardrails();
    portal = await startTestPortal({
      guardrails: {
        managedPolicies: { allow: [S3, ...own.managedPolicies.allow] },
        probe: own.probe,
        roles: { adopt: ['arn:aws:iam::111122223333:role/payments-ledger'] },
      },
      entities: [
        readTemplate(OWN_TEMPLATE),
        ...Object.entries(all).map(([name, { example }]) =>
          templateOf(name, parse(example)),
        ),
      ],
    });
  });

  afterAll(async () => {
    await portal?.stop();
    const lines = Object.entries(counted).map(
      ([what, { aws, kubernetes, writes }]) =>
        `  ${what}: ${aws} to AWS, ${kubernetes} to Kubernetes, ${writes.length} of them writes`,
    );
    process.stdout.write(`Calls of the portal:\n${lines.join('\n')}\n`);
  });

  async function run(name: string, what: string, values = {}) {
    const { result, calls } = await portal.counting(() =>
      portal.scaffolder.run(`template:default/${name}`, values, ANA),
    );
    counted[what] = calls;
    return { task: result, calls, log: result.log().join('\n') };
  }

  it('leaves none out', () => {
    expect(Object.values(all)).toHaveLength(
      associate.length + verify.length + teardown.length,
    );
  });

  it('associate: a new role', async () => {
    const { task, calls, log } = await run(
      'associate-new-role',
      'first associate',
    );
    expect(task.error).toBeUndefined();
    expect(log).toContain('✓ Created the role eks-payments-prod-payments-');
    expect(calls.writes).toEqual([
      'iam:CreateRole',
      'iam:AttachRolePolicy',
      'eks:CreatePodIdentityAssociation',
    ]);
  });

  it('associate: the same again writes nothing', async () => {
    const { task, calls, log } = await run(
      'associate-new-role',
      'repeated associate',
    );
    expect(task.error).toBeUndefined();
    expect(log).toContain('nothing to do');
    expect(calls.writes).toEqual([]);
  });

  it('associate: a role that exists', async () => {
    const { task, calls, log } = await run(
      'associate-existing-role',
      'associate with an existing role and association',
    );
    expect(task.error).toBeUndefined();
    expect(log).toContain('nothing to do');
    expect(calls.writes).toEqual([]);
  });

  it('verify: with a pod, while the old pods still lack the identity', async () => {
    const { task, log } = await run('verify-with-pod', 'verify with a pod');
    expect(task.error).toMatchObject({
      name: 'VerificationFailedError',
      message: expect.stringMatching(/^Restart needed: 2 pods of Deployment/),
    });
    expect(log).toContain('✓ The pod holds the expected role');
    expect(log).toContain('✓ The pod may run aws s3 ls');
    // Of a failure only the beginning is printed, so it is to begin where the verdict does
    expect(task.log().slice(-10)).toContain(
      'error: kubectl -n payments rollout restart deployment/payments-api',
    );
  });

  it('verify: without a pod', async () => {
    const { task, calls } = await run(
      'verify-without-pod',
      'verify without a pod',
    );
    expect(task.error).toBeUndefined();
    expect(calls.writes).toEqual([]);
  });

  it('teardown: refused while workloads use it', async () => {
    const { task, calls } = await run('teardown', 'refused teardown');
    expect(task.error).toMatchObject({
      name: 'ConflictError',
      message: expect.stringContaining(
        'Deployment payments-api (2 running pods)',
      ),
    });
    expect(calls.writes).toEqual([]);
  });

  it('teardown: forced', async () => {
    const { task, calls } = await run('teardown-forced', 'teardown');
    expect(task.error).toBeUndefined();
    expect(calls.writes).toEqual([
      'eks:DeletePodIdentityAssociation',
      'iam:DetachRolePolicy',
      'iam:DeleteRole',
    ]);
  });

  it('teardown: again, although workloads run, since nothing is left', async () => {
    const { task, calls } = await run('teardown', 'teardown again');
    expect(task.error).toBeUndefined();
    expect(calls.writes).toEqual([]);
  });

  it('teardown: rolls back what the task created when a later step fails', async () => {
    const { eks, iam } = portal.sandbox.aws;
    const roles = iam.roles().length;
    const associations = eks.associations('payments-prod').length;
    // No policy is attached, so the pod holds the role but is not allowed to list buckets
    const { task, log } = await run(
      'roll-back',
      'associate, verify, roll back',
    );
    expect(task.status).toBe('failed');
    expect(task.error?.name).toBe('VerificationFailedError');
    expect(log).toContain('✓ The pod holds the expected role');
    expect(log).toContain('✗ “The pod may run aws s3 ls');
    expect(task.log('roll-back').join('\n')).toMatch(/The role .* is gone/);
    expect(iam.roles()).toHaveLength(roles);
    expect(eks.associations('payments-prod')).toHaveLength(associations);
    expect(
      portal.sandbox
        .cluster('payments-prod')
        .get('serviceaccounts', 'payments', 'fraud-scorer'),
    ).toBeUndefined();
  });

  it('the template of docs/templates.md: proves what it gives, or undoes it', async () => {
    const { eks, iam } = portal.sandbox.aws;
    const before = { roles: iam.roles(), of: eks.associations(CLUSTER) };
    const values = {
      clusterName: CLUSTER,
      namespace: 'payments',
      serviceAccount: 'fraud-scorer',
      entityRef: 'component:default/fraud-scorer',
      policies: ownGuardrails().managedPolicies.allow,
      planPreview: null,
    };
    const limitTo = (Action: string) =>
      iam.putPolicy({
        name: BOUNDARY_NAME,
        document: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
        },
      });
    const bucket = 'arn:aws:s3:::acme-orders-export';
    iam.putPolicy({
      name: 'read-orders-export',
      document: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['s3:ListBucket', 's3:GetObject'],
            Resource: [bucket, `${bucket}/*`],
          },
        ],
      },
    });
    limitTo('sqs:*');
    const name = 'access-to-shared-data';
    const { task: failed } = await run(name, 'own template, undone', values);
    expect(failed.error?.name).toBe('VerificationFailedError');
    expect(failed.log('undo').join('\n')).toMatch(/The role .* is gone/);
    expect({ roles: iam.roles(), of: eks.associations(CLUSTER) }).toEqual(
      before,
    );

    limitTo('*');
    const { task, log } = await run(name, 'own template', values);
    expect(task.error).toBeUndefined();
    expect(log).toContain(
      '✓ The pod may run aws s3 ls s3://acme-payments-receipts',
    );
    expect(log).toContain(
      '✓ The pod may run aws s3 ls s3://acme-orders-export',
    );
    expect(task.log('undo').join('\n')).toMatch(/[Ss]kip/);
    expect(task.output).toEqual({
      links: [
        {
          title: 'See its AWS identity',
          url: expect.stringContaining('/component/fraud-scorer/aws-identity'),
        },
      ],
      text: [
        { title: 'Report', content: expect.stringContaining('No workload') },
        {
          title: 'Service account for your manifests',
          content: expect.stringMatching(/```yaml\n.*kind: ServiceAccount/s),
        },
      ],
    });
    const [given] = iam
      .roles()
      .filter(({ arn }) => !before.roles.some(role => role.arn === arn));
    expect([...given.attached].sort()).toEqual([...values.policies].sort());
  });
});
