import type { JsonObject } from '@backstage/types';
import { ANA, startTestPortal, TestPortal } from './__testUtils__/portal';

const target = {
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'invoice-archiver',
  entityRef: 'component:default/invoice-archiver',
};

const giving = {
  ...target,
  roleMode: 'create',
  policies: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  listBuckets: true,
  bucket: 'acme-payments-receipts',
};

/** The whole job through the repository's templates, the real scaffolder and the real engine, against the sandbox. */
describe('give, prove, repeat, take away, take away again', () => {
  let portal: TestPortal;
  let before: ReturnType<typeof foreignState>;
  const counted: Record<string, string> = {};

  beforeAll(async () => {
    portal = await startTestPortal();
    before = foreignState();
  }, 60_000);

  afterAll(async () => {
    await portal?.stop();
    process.stdout.write(
      `AWS and Kubernetes calls:\n${Object.entries(counted)
        .map(([what, calls]) => `  ${what}: ${calls}\n`)
        .join('')}`,
    );
  });

  /** Everything on the AWS side, so that a difference is something that was touched. */
  function foreignState() {
    const { eks, iam } = portal.sandbox.aws;
    return JSON.parse(
      JSON.stringify({
        roles: iam.roles(),
        associations: eks.associations('payments-prod'),
        accessEntries: eks.accessEntries('payments-prod'),
      }),
    );
  }

  async function run(what: string, template: string, values: JsonObject) {
    const { result, calls } = await portal.counting(() =>
      portal.scaffolder.run(`template:default/${template}`, values, ANA),
    );
    counted[
      what
    ] = `${calls.aws} AWS, ${calls.kubernetes} Kubernetes, ${calls.writes.length} writes`;
    return { task: result, calls };
  }

  it('gives the identity, and a pod proves it', async () => {
    const { task } = await run(
      'first associate and verify',
      'give-a-component-an-aws-identity',
      giving,
    );
    expect(task.error).toBeUndefined();
    expect(task.status).toBe('completed');

    const associating = task.log('associate').join('\n');
    const planAt = associating.indexOf('Plan for payments-prod/payments/');
    expect(planAt).toBeGreaterThan(-1);
    expect(associating.indexOf('✓ Created the role')).toBeGreaterThan(planAt);

    const verifying = task.log('verify').join('\n');
    expect(verifying).toContain('✓ credentials.identity');
    expect(verifying).toContain('✓ permissions.list-buckets');
    expect(verifying).toContain('✓ permissions.list-bucket ');
    expect(verifying).toContain('Verified:');

    const [association] = portal.sandbox.aws.eks
      .associations('payments-prod')
      .filter(({ serviceAccount }) => serviceAccount === 'invoice-archiver');
    expect(association.roleArn).toMatch(
      /^arn:aws:iam::111122223333:role\/backstage\/eks-payments-prod-payments-invoice-archiver-[0-9a-f]{8}$/,
    );
    const roleName = association.roleArn.split('/').pop();
    expect(task.output.text?.[0].content).toMatch(
      new RegExp(
        `arn:aws:sts::111122223333:assumed-role/${roleName}/eks-payments-p`,
      ),
    );
    expect(task.output.links?.map(({ title }) => title)).toEqual([
      'Open the component',
      'Cluster in the AWS console',
      'Role in the AWS console',
      'Association in the AWS console',
    ]);
  });

  it('verifies on its own: proof and caller', async () => {
    const { task } = await run('verify', 'verify-aws-identity', {
      ...target,
      probe: 'pod',
      listBuckets: true,
      failOn: 'degraded',
    });
    expect(task.status).toBe('completed');
    expect(task.log('verify').join('\n')).toContain('Verified:');
  });

  it('changes nothing when it is run again', async () => {
    const { task, calls } = await run(
      'repeated associate and verify without a pod',
      'give-a-component-an-aws-identity',
      { ...giving, listBuckets: false, bucket: '' },
    );
    expect(task.status).toBe('completed');
    expect(task.log('associate').join('\n')).toContain('nothing to do');
    // The verification that follows may run its pod; the account and the cluster's own objects stay as they are
    expect(calls.writes.filter(call => !/ pods$/.test(call))).toEqual([]);
  });

  it('takes away what is its own, and nothing else', async () => {
    const { task } = await run('teardown', 'remove-aws-identity', target);
    expect(task.error).toBeUndefined();
    expect(task.status).toBe('completed');
    expect(foreignState()).toEqual(before);
    expect(task.output.text?.[0].content).toContain('Taken away from');
  });

  it('has nothing to do when it is run again', async () => {
    const { task, calls } = await run(
      'teardown again',
      'remove-aws-identity',
      target,
    );
    expect(task.status).toBe('completed');
    expect(calls.writes).toEqual([]);
    expect(task.log('teardown').join('\n')).toContain('nothing to do');
  });
});
