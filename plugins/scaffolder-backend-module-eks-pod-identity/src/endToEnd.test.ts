import type { JsonObject } from '@backstage/types';
import { ANA, startTestPortal, TestPortal } from './__testUtils__/portal';
import { templateOf } from './__testUtils__/scaffolder';
import { readTemplate } from './__testUtils__/templates';

const target = {
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'fraud-scorer',
  entityRef: 'component:default/fraud-scorer',
};

const giving = {
  ...target,
  roleMode: 'create',
  policies: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  testPermissions: true,
};

/** The whole job through the repository's templates, the real scaffolder and the real engine, against the sandbox. */
describe('give, prove, repeat, remove, remove again', () => {
  let portal: TestPortal;
  let before: ReturnType<typeof foreignState>;

  beforeAll(async () => {
    portal = await startTestPortal({
      entities: [
        templateOf('verify-alone', {
          steps: [
            {
              id: 'verify',
              name: 'Verify',
              action: 'eks:pod-identity:verify',
              input: {
                ...target,
                failOn: 'degraded',
                managedPolicyArns: ['S3', 'SQS'].map(
                  service =>
                    `arn:aws:iam::aws:policy/Amazon${service}ReadOnlyAccess`,
                ),
              },
            },
          ],
          output: {
            text: ['status', 'proof', 'callerArn', 'failed', 'summary'].map(
              title => ({
                title,
                content: `\${{ steps.verify.output.${title} }}`,
              }),
            ),
          },
        }),
      ],
    });
    before = foreignState();
  });

  afterAll(() => portal?.stop());

  /** What there is on both sides, so that a difference is something that was touched. */
  function foreignState() {
    const { eks, iam } = portal.sandbox.aws;
    const cluster = portal.sandbox.cluster('payments-prod');
    return JSON.parse(
      JSON.stringify({
        roles: iam.roles(),
        associations: eks.associations('payments-prod'),
        accessEntries: eks.accessEntries('payments-prod'),
        serviceAccounts: cluster.list('serviceaccounts'),
        pods: cluster.list('pods').map(({ metadata }) => metadata.uid),
      }),
    );
  }

  async function run(template: string, values: JsonObject) {
    const { result, calls } = await portal.counting(() =>
      portal.scaffolder.run(`template:default/${template}`, values, ANA),
    );
    return { task: result, calls };
  }

  it('shows the real plan in a dry run, and writes nothing', async () => {
    const { result, calls } = await portal.counting(() =>
      portal.scaffolder.dryRun(
        readTemplate('give-a-component-an-aws-identity'),
        giving,
        ANA,
      ),
    );
    expect(calls.writes).toEqual([]);
    const log = result.log.join('\n');
    expect(log).toMatch(
      /\+ create role arn:aws:iam::111122223333:role\/backstage\//,
    );
    expect(log).toContain('+ create service account payments/fraud-scorer');
    expect(log).toContain(
      'would test arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess in the pod',
    );
    expect(foreignState()).toEqual(before);
  });

  it('gives the identity, and a pod proves it', async () => {
    const { task } = await run('give-a-component-an-aws-identity', giving);
    expect(task.error).toBeUndefined();
    expect(task.status).toBe('completed');

    const associating = task.log('associate').join('\n');
    const planAt = associating.indexOf('Plan for payments-prod/payments/');
    expect(planAt).toBeGreaterThan(-1);
    expect(associating.indexOf('✓ Created the role')).toBeGreaterThan(planAt);

    const verifying = task.log('verify').join('\n');
    expect(verifying).toContain('✓ The pod holds the expected role');
    expect(verifying).toContain('✓ The pod may run aws s3 ls');
    expect(verifying).toContain('No workload:');

    const [association] = portal.sandbox.aws.eks
      .associations('payments-prod')
      .filter(({ serviceAccount }) => serviceAccount === 'fraud-scorer');
    expect(association.roleArn).toMatch(
      /^arn:aws:iam::111122223333:role\/backstage\/eks-payments-prod-payments-fraud-scorer-[0-9a-f]{8}$/,
    );
    const roleName = association.roleArn.split('/').pop();
    expect(task.output.text?.[0].content).toContain(
      `- Role of the pod: \`${roleName} (111122223333)\``,
    );
    const links = task.output.links ?? [];
    expect(links.map(({ title }) => title)).toEqual([
      'Open the component',
      'See its AWS identity',
      'Role in the AWS console',
    ]);
    expect(links[1]).toMatchObject({
      url: '/catalog/default/component/fraud-scorer/aws-identity?ref=payments-prod%2Fpayments%2Ffraud-scorer',
    });
  });

  it('verifies on its own: status, proof and caller', async () => {
    const { task } = await run('verify-alone', {});
    expect(task.status).toBe('completed');
    const said = Object.fromEntries(
      task.output.text!.map(({ title, content }) => [title, content]),
    );
    expect(said).toEqual({
      status: 'no-workload',
      proof: 'credentials',
      callerArn: expect.stringMatching(
        /^arn:aws:sts::111122223333:assumed-role\/eks-payments-prod-payments-fraud-scorer-[0-9a-f]{8}\/eks-/,
      ),
      failed: 0,
      summary: expect.stringContaining(
        'AmazonSQSReadOnlyAccess were not tested',
      ),
    });
    const log = task.log('verify').join('\n');
    expect(log).toContain('✓ The pod may run aws s3 ls');
    expect(log).toContain(
      'The permissions of arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess were not tested: the portal has no test for it. Ask the platform team to add one (guardrails.probe.policyTests)',
    );
  });

  it('changes nothing when it is run again', async () => {
    const { task, calls } = await run('give-a-component-an-aws-identity', {
      ...giving,
      testPermissions: false,
    });
    expect(task.status).toBe('completed');
    expect(task.log('associate').join('\n')).toContain('nothing to do');
    // The verification that follows may run its pod; the account and the cluster's own objects stay as they are
    expect(calls.writes.filter(call => !/ pods$/.test(call))).toEqual([]);
  });

  it('shows in a dry run what would be removed', async () => {
    const { result, calls } = await portal.counting(() =>
      portal.scaffolder.dryRun(
        readTemplate('remove-aws-identity'),
        target,
        ANA,
      ),
    );
    expect(calls.writes).toEqual([]);
    expect(result.output.text?.[0].content).toContain(
      'Would be removed from `payments-prod/payments/fraud-scorer`',
    );
  });

  it('removes what it created, and nothing else', async () => {
    const { task } = await run('remove-aws-identity', target);
    expect(task.error).toBeUndefined();
    expect(task.status).toBe('completed');
    expect(foreignState()).toEqual(before);
    expect(task.output.text?.[0].content).toContain('Removed from');
  });

  it('has nothing to do when it is run again', async () => {
    const { task, calls } = await run('remove-aws-identity', target);
    expect(task.status).toBe('completed');
    expect(calls.writes).toEqual([]);
    expect(task.log('teardown').join('\n')).toContain('nothing to do');
  });

  it('fails when nothing could be tested, says why, and undoes nothing', async () => {
    const cluster = portal.sandbox.cluster('payments-prod');
    const name = 'backstage-eks-pod-identity-verify';
    const { metadata: _, ...binding } = cluster.get(
      'clusterrolebindings',
      undefined,
      name,
    )!;
    await cluster.delete('clusterrolebindings', undefined, name);
    const { task } = await run('give-a-component-an-aws-identity', {
      ...giving,
      rollBack: true,
    });
    await cluster.apply([{ ...binding, metadata: { name } }] as any);
    expect(task.status).toBe('failed');
    expect(task.error?.message).toMatch(
      /^Could not check: The portal is not allowed to create, watch, delete pods in namespace payments/,
    );
    const log = task.log('verify').join('\n');
    expect(log).toMatch(/Could not check: .* Verifying again/);
    expect(log).not.toContain('Removing what this run created');
    const removed = await run('remove-aws-identity', target);
    expect(removed.task.output.text?.[0].content).toContain('Removed from');
    expect(foreignState()).toEqual(before);
  });

  it('names the pods to restart, and refuses to cut off running ones', async () => {
    const archiver = {
      ...target,
      serviceAccount: 'invoice-archiver',
      entityRef: 'component:default/invoice-archiver',
    };
    const given = await run('give-a-component-an-aws-identity', {
      ...archiver,
      policies: giving.policies,
      restartWorkloads: false,
      rollBack: true,
    });
    expect(given.task.error).toBeUndefined();
    expect(given.task.status).toBe('completed');
    // A lack that only a restart cures neither fails nor undoes what was made
    expect(given.task.output.text?.[0].content).toMatch(
      /^### Restart needed: 1 pod of Deployment invoice-archiver/,
    );
    // Each step of the page ran
    expect(given.task.log().join('\n')).not.toContain('Skipping step');
    expect(
      portal.sandbox.aws.eks
        .associations('payments-prod')
        .map(({ serviceAccount }) => serviceAccount),
    ).toContain('invoice-archiver');
    expect(given.task.log('verify').join('\n')).toContain(
      'kubectl -n payments rollout restart deployment/invoice-archiver',
    );

    await restart('invoice-archiver');
    const verified = await run('verify-aws-identity', {
      ...archiver,
      failOn: 'degraded',
    });
    expect(verified.task.error).toBeUndefined();
    expect(verified.task.log('verify').join('\n')).toContain('Verified:');

    const refused = await run('remove-aws-identity', archiver);
    expect(refused.task.error?.name).toBe('ConflictError');
    expect(refused.calls.writes).toEqual([]);

    const planned = await run('remove-aws-identity', {
      ...archiver,
      force: true,
      planOnly: true,
    });
    expect(planned.calls.writes).toEqual([]);
    expect(planned.task.output.text?.[0].content).toContain(
      'Would lose access',
    );

    const forced = await run('remove-aws-identity', {
      ...archiver,
      force: true,
    });
    expect(forced.task.error).toBeUndefined();
    expect(forced.task.output.text?.[0].content).toContain(
      '- Deployment `invoice-archiver` (1 running pod)',
    );
  });

  /** What `kubectl rollout restart` does, until the new pods run and the old ones are gone. */
  async function restart(name: string) {
    const cluster = portal.sandbox.cluster('payments-prod');
    const old = new Set(
      cluster.list('pods', 'payments').map(({ metadata }) => metadata.uid),
    );
    await cluster.change('deployments', 'payments', name, deployment => {
      deployment.spec.template.metadata.annotations = {
        'kubectl.kubernetes.io/restartedAt': new Date().toISOString(),
      };
    });
    await cluster.waitFor('deployments', 'payments', name, () => {
      const pods = cluster
        .list('pods', 'payments')
        .filter(({ spec }) => spec.serviceAccountName === name);
      return (
        pods.length > 0 &&
        pods.every(
          ({ metadata, status }) =>
            !old.has(metadata.uid) && status.phase === 'Running',
        )
      );
    });
  }
});
