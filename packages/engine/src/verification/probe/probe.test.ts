import { checkOf, glance, VerifyWorld } from '../__testUtils__/VerifyWorld';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
const role = 'arn:aws:iam::111122223333:role/payments-ledger';
const SESSION =
  /^arn:aws:sts::111122223333:assumed-role\/payments-ledger\/eks-payments-p-eks-pod-id-/;

/** The probe's pod on the kubelet of the sandbox: what it proves, and how it reports failures. */
let world: VerifyWorld;
const kube = () => world.kube();
const aws = () => world.sandbox.aws;
const verify = (request: object = {}) =>
  world.verify({ ref, probe: 'pod', ...request });

function useWorld(probe: object) {
  beforeAll(async () => {
    world = await VerifyWorld.start({
      portalClusters: [{ name: 'payments-prod', probe }],
    });
    await world.settled();
    // Past the half minute in which EKS may refuse a role that it does not see yet
    await world.sandbox.clock.advance(61_000);
  });
  afterEach(async () => {
    kube().setWebhook({});
    kube().setAgent('normal');
    kube().blockAws('sts', false);
    world.sandbox.clock.setRate(1);
    world.controller = new AbortController();
    // Past the minute in which a proof is not repeated.
    await world.sandbox.clock.advance(61_000);
    world.assertNoProbes('payments');
    await world.reset();
  });
  afterAll(() => world.stop());
}

describe('the probe', () => {
  useWorld({ maxConcurrent: 2 });

  it('proves the identity and names the layer where a permission is missing', async () => {
    const report = await verify({
      permissionChecks: [{ name: 's3', command: ['s3', 'ls'] }],
    });
    expect(report).toMatchObject({ status: 'broken', proof: 'credentials' });
    expect(checkOf(report, 'permissions.s3')).toMatchObject({
      status: 'fail',
      message: '"aws s3 ls" was denied: no identity policy allows it.',
      fix: {
        snippet: { text: expect.stringContaining('s3:ListAllMyBuckets') },
      },
    });
    expect(checkOf(report, 'credentials.identity').status).toBe('pass');
  });

  it('names the boundary, not the policy, where the boundary denies', async () => {
    const boundary = aws().iam.putPolicy({
      name: 'nothing-of-s3',
      document: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['dynamodb:*'], Resource: '*' }],
      },
    });
    aws().iam.updateRole(role, {
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      boundaryArn: boundary.arn,
    });
    const report = await verify({
      permissionChecks: [{ name: 's3', command: ['s3', 'ls'] }],
    });
    expect(checkOf(report, 'permissions.s3')).toMatchObject({
      status: 'fail',
      message: '"aws s3 ls" was denied: no permissions boundary allows it.',
    });
  });

  it('names the policy of the VPC endpoint, which the role cannot change', async () => {
    aws().iam.updateRole(role, {
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    });
    const { vpcEndpointId } = aws().ec2.putVpcEndpoint({
      cluster: 'payments-prod',
      service: 's3',
      policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: '*',
            Action: 's3:*',
            Resource: 'arn:aws:s3:::other/*',
          },
        ],
      }),
    });
    const report = await verify({
      permissionChecks: [{ name: 's3', command: ['s3', 'ls'] }],
    });
    expect(report.status).toBe('broken');
    expect(checkOf(report, 'permissions.s3')).toMatchObject({
      status: 'fail',
      message: '"aws s3 ls" was denied: no VPC endpoint policy allows it.',
    });
    aws().ec2.removeVpcEndpoint(vpcEndpointId);
    const after = await verify({
      permissionChecks: [{ name: 's3', command: ['s3', 'ls'] }],
    });
    expect(after.status).toBe('verified');
  });

  it('names the statement that denies, beside a policy that allows', async () => {
    const guard = aws().iam.putPolicy({
      name: 'no-lists',
      document: {
        Version: '2012-10-17',
        Statement: [
          { Sid: 'NoLists', Effect: 'Deny', Action: 's3:List*', Resource: '*' },
        ],
      },
    });
    aws().iam.updateRole(role, {
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess', guard.arn],
    });
    const report = await verify({
      permissionChecks: [{ name: 's3', command: ['s3', 'ls'] }],
    });
    expect(checkOf(report, 'permissions.s3')).toMatchObject({
      status: 'fail',
      message:
        '"aws s3 ls" was denied: an explicit deny in the identity policy.',
      fix: {
        cause:
          'A Deny wins over every Allow, and the statement "NoLists" of the policy no-lists denies s3:ListAllMyBuckets.',
        actions: [
          'Ask the owner of that policy to exclude s3:ListAllMyBuckets from the Deny in the statement "NoLists" of the policy no-lists.',
        ],
      },
    });
  });

  it('follows the target role, and compares with it', async () => {
    const target = 'arn:aws:iam::444455556666:role/ledger-archive';
    aws().iam.putRole({
      accountId: '444455556666',
      name: 'ledger-archive',
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: 'arn:aws:iam::111122223333:root' },
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            Condition: { ArnEquals: { 'aws:PrincipalArn': role } },
          },
        ],
      },
    });
    aws().iam.updateRole(role, {
      inline: {
        go: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: ['sts:AssumeRole', 'sts:TagSession'],
              Resource: target,
            },
          ],
        },
      },
    });
    const [{ associationId }] = aws()
      .eks.associations('payments-prod')
      .filter(one => one.serviceAccount === ref.serviceAccount);
    aws().eks.updateAssociation('payments-prod', associationId, {
      targetRoleArn: target,
    });
    const report = await verify();
    expect(report).toMatchObject({
      // The pods of the workload are older than the change, and go on with the former role.
      status: 'restart-needed',
      proof: 'credentials',
      expectedRoleArn: target,
      callerArn: expect.stringMatching(
        /^arn:aws:sts::444455556666:assumed-role\/ledger-archive\/eks-/,
      ),
    });
    expect(checkOf(report, 'role.target')).toMatchObject({
      status: 'note',
      message: `The target role cannot be read; the pod obtained the identity, so the hop to ${target} works.`,
    });
  });

  it('explains a role that EKS is not allowed to assume with the gap in its trust policy', async () => {
    aws().iam.updateRole(role, {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'pods.eks.amazonaws.com' },
            Action: ['sts:AssumeRole'],
          },
        ],
      },
    });
    await world.sandbox.clock.advance(60_000);
    const report = await verify();
    expect(report.status).toBe('broken');
    expect(checkOf(report, 'role.trust-policy').status).toBe('fail');
    expect(checkOf(report, 'credentials.agent-answers')).toMatchObject({
      status: 'fail',
      message:
        'EKS is not allowed to assume the role of payments/payments-ledger for the pod: No statement allows sts:TagSession to the service pods.eks.amazonaws.com.',
      observed: expect.stringContaining('Unauthorized Exception!'),
      fix: {
        cause:
          'AWS checks this policy whenever a pod asks for credentials, and refuses what it does not allow.',
      },
    });
    expect(checkOf(report, 'credentials.identity')).toMatchObject({
      status: 'skip',
      becauseOf: 'credentials.agent-answers',
    });
  });

  const trustIf = (Condition: Record<string, Record<string, string>>) =>
    aws().iam.updateRole(role, {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'Pods',
            Effect: 'Allow',
            Principal: { Service: 'pods.eks.amazonaws.com' },
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            Condition,
          },
        ],
      },
    });

  it('answers what only AWS can evaluate in the trust policy', async () => {
    trustIf({ StringEquals: { 'aws:SourceOrgId': 'o-sandbox0001' } });
    const report = await verify();
    expect(report.status).toBe('verified');
    const check = checkOf(report, 'role.trust-policy');
    expect(check).toMatchObject({
      status: 'note',
      message: expect.stringMatching(
        /aws:SourceOrgId .*; the pod obtained the identity, so it lets payments\/payments-ledger in\.$/,
      ),
    });
    expect(check.fix).toBeUndefined();
    const look = await verify({ probe: 'none' });
    expect(look.status).toBe('could-not-check');
    expect(checkOf(look, 'role.trust-policy').status).toBe('unknown');
  });

  it('is not started for a role that admits pods by their name; the running pods are judged', async () => {
    const name = 'aws:RequestTag/kubernetes-pod-name';
    const [{ metadata }] = kube()
      .list('pods', 'payments')
      .filter(pod => pod.spec.serviceAccountName === ref.serviceAccount);
    trustIf({ StringLike: { [name]: `${ref.serviceAccount}-*` } });
    const report = await verify();
    expect(report).toMatchObject({ status: 'looks-right', proof: 'admission' });
    expect(checkOf(report, 'role.trust-policy')).toMatchObject({
      status: 'note',
      message: expect.stringMatching(/ lets .*running pods? .*in\.$/),
    });
    expect(checkOf(report, 'credentials.agent-answers')).toMatchObject({
      status: 'skip',
      becauseOf: 'role.trust-policy',
      message: expect.stringMatching(
        /^No probe was started: the trust policy of payments-ledger admits pods by their name/,
      ),
    });
    trustIf({ StringNotEquals: { [name]: metadata.name } });
    const refusing = await verify();
    expect(checkOf(refusing, 'role.trust-policy').message).toContain(
      `fails: it is "${metadata.name}"`,
    );
  });

  it('downgrades inspection’s findings about the role when the pod holds it', async () => {
    // IAM shows the change at once, EKS Auth applies it later.
    world.sandbox.delays.iam = 600_000;
    aws().iam.updateRole(role, {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'ec2.amazonaws.com' },
            Action: ['sts:AssumeRole'],
          },
        ],
      },
    });
    const report = await verify();
    expect(checkOf(report, 'credentials.identity').status).toBe('pass');
    expect(checkOf(report, 'role.trust-policy')).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(
        /The pod obtained the identity nevertheless\.$/,
      ),
    });
    expect(report.status).toBe('verified');
    expect(
      world.told.filter(({ id }) => id === 'role.trust-policy'),
    ).toHaveLength(1);
  });

  it('notes a missing agent add-on when a pod gets its credentials nevertheless', async () => {
    aws().eks.cluster('payments-prod').addons.delete('eks-pod-identity-agent');
    await world.forbidKubernetes('readers', 'daemonsets');
    const report = await verify();
    expect(checkOf(report, 'agent.installed').status).toBe('unknown');
    expect(report.status).toBe('verified');
  });

  it('fails for another role than the expected one', async () => {
    const report = await verify({
      expectedRoleArn: 'arn:aws:iam::111122223333:role/payments-ledger-2',
    });
    expect(checkOf(report, 'credentials.identity')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(
        'another role through Pod Identity (payments-ledger of account 111122223333)',
      ),
    });
  });

  describe('asked again by a template', () => {
    const again = (request: Parameters<typeof verify>[0] = {}) =>
      verify({ trigger: 'action', ...request });
    const posts = () =>
      world.sandbox.calls
        .calls()
        .filter(call => call.operation === 'create pods' && call.write).length;

    it('returns the stored report within a minute, marked as such', async () => {
      const first = await again();
      world.sandbox.calls.reset();
      world.events.length = 0;
      const second = await again();
      expect(second).toEqual({ ...first, reused: true });
      expect(posts()).toBe(0);
      expect(world.told).toHaveLength(first.checks.length);
    });

    it.each<[string, () => object | Promise<object>]>([
      [
        'a minute later',
        async () => {
          await world.sandbox.clock.advance(61_000);
          return {};
        },
      ],
      [
        'the portal changed it, maybe for another component',
        () => ({ changedAt: world.sandbox.clock.now() + 1000 }),
      ],
      [
        'something changed',
        () => {
          aws().iam.updateRole(role, { attached: [] });
          return {};
        },
      ],
      ['a person asks', () => ({ trigger: 'user' as const })],
      [
        'an agent has gone',
        async () => {
          await kube().delete(
            'daemonsets',
            'kube-system',
            'eks-pod-identity-agent',
          );
          return {};
        },
      ],
    ])('runs another pod when %s', async (_what, change) => {
      await again();
      world.sandbox.calls.reset();
      const report = await again(await change());
      expect(report.reused).toBeUndefined();
      expect(posts()).toBe(1);
    });

    const asking = (name: string) => ({
      permissionChecks: [{ name, command: ['s3', 'ls'] }],
    });
    const listing = () =>
      aws().iam.updateRole(role, {
        attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      });
    const told = async (what: RegExp) => {
      while (!world.log.some(line => what.test(line))) {
        await new Promise(resolve => setTimeout(resolve, 10));
      }
    };

    it('for a proof only, returns one that has also tried commands', async () => {
      listing();
      const first = await again(asking('lists'));
      world.sandbox.calls.reset();
      expect(await again()).toEqual({ ...first, reused: true });
      expect(posts()).toBe(0);
    });

    it('by a user who must have neither, hands on no report of a pod or a test', async () => {
      listing();
      await again(asking('lists'));
      const claimant = { claims: new Set<string>(), isAdministrator: false };
      const asks = (who: object, tests: object) =>
        world.verify(
          { ref, probe: 'pod', trigger: 'action', ...tests },
          { claimant: { ...claimant, ...who } },
        );
      for (const tests of [{}, asking('lists')]) {
        const report = await asks({}, tests);
        expect(report.reused).toBeUndefined();
        expect(report).toMatchObject({ probe: 'admission', withheld: 'pod' });
      }
      // An annotation claims it: the pod, and no test
      const claims = { claimsIt: true };
      expect((await asks(claims, {})).reused).toBe(true);
      await world.sandbox.clock.advance(61_000);
      const report = await asks(claims, asking('lists'));
      expect(report.reused).toBeUndefined();
      expect(report).toMatchObject({ probe: 'pod', withheld: 'tests' });
    });

    it('with other commands, runs another pod after a minute', async () => {
      listing();
      await again();
      world.sandbox.calls.reset();
      await world.sandbox.clock.advance(20_000);
      const running = again(asking('lists'));
      await told(
        /^A pod proved this identity 2\d s ago; the next one may start in \d\d s, and this verification waits for that\.$/,
      );
      expect(posts()).toBe(0);
      await world.sandbox.clock.advance(41_000);
      const report = await running;
      expect(report).toMatchObject({ status: 'verified' });
      expect(report.reused).toBeUndefined();
      expect(checkOf(report, 'permissions.lists').status).toBe('pass');
      expect(posts()).toBe(1);
    });

    it('with different commands in parallel, runs one pod after the other', async () => {
      listing();
      await again();
      world.sandbox.calls.reset();
      const asked = ['a', 'b', 'c'].map(name => again(asking(name)));
      await told(/^A pod proved this identity/);
      await told(
        /^Waiting for another verification of payments-prod\/payments\/payments-ledger, which asks something else/,
      );
      for (const [before, one] of asked.entries()) {
        expect(posts()).toBe(before);
        await world.sandbox.clock.advance(61_000);
        // one by one: each begins when the one before has ended
        expect((await one).status).toBe('verified');
      }
      expect(posts()).toBe(3);
    });

    it('with other commands and no time to wait, says when to try again', async () => {
      await again();
      world.sandbox.calls.reset();
      await expect(
        again({ ...asking('hurried'), timeoutSeconds: 30 }),
      ).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringMatching(
          /^A pod proved this identity \d+ s ago; the next one may start in \d\d s, but this verification has to end before: run it again then, or give it more time$/,
        ),
      });
      expect(posts()).toBe(0);
    });

    it('with other commands, ends at once when cancelled while waiting', async () => {
      await again();
      world.sandbox.calls.reset();
      const waiting = [again(asking('first')), again(asking('second'))];
      waiting.forEach(one => one.catch(() => undefined));
      await told(/^A pod proved this identity/);
      await told(/^Waiting for another verification/);
      world.controller.abort(new Error('cancelled by its starter'));
      await Promise.all(
        waiting.map(one =>
          expect(one).rejects.toThrow('cancelled by its starter'),
        ),
      );
      expect(posts()).toBe(0);
      // Cancelled verifications leave no one waiting
      world.controller = new AbortController();
      await world.sandbox.clock.advance(61_000);
      expect((await again()).status).toBe('verified');
    });

    it('never returns a failure again', async () => {
      kube().setAgent({ status: 418, body: 'this text is unknown' });
      await again();
      kube().setAgent('normal');
      expect((await again()).status).toBe('verified');
    });
  });

  it('runs no more probes of a cluster in parallel than allowed', async () => {
    for (const name of ['one', 'two', 'three', 'four']) {
      await kube().apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace: 'payments' },
      });
      aws().eks.putAssociation('payments-prod', {
        namespace: 'payments',
        serviceAccount: name,
        roleArn: role,
      });
    }
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, world.probes('payments').length);
    }, 2);
    try {
      const reports = await Promise.all(
        ['one', 'two', 'three', 'four'].map(serviceAccount =>
          verify({ ref: { ...ref, serviceAccount } }),
        ),
      );
      expect(reports.map(({ status }) => status)).toEqual([
        'no-workload',
        'no-workload',
        'no-workload',
        'no-workload',
      ]);
    } finally {
      clearInterval(watching);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(2);
    expect(world.log).toContain(
      'Waiting for a free probe: payments-prod runs at most 2 at once.',
    );
  });

  it('has a processor limit where the quota of the namespace asks for one', async () => {
    await kube().apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'limits', namespace: 'payments' },
      spec: { hard: { 'limits.cpu': '40' } },
    });
    const limits = new Set<string | undefined>();
    const watching = setInterval(() => {
      for (const { metadata, spec } of kube().list('pods', 'payments')) {
        if (metadata.name.startsWith('eks-pod-identity-probe-')) {
          limits.add(spec.containers[0].resources.limits.cpu);
        }
      }
    }, 2);
    try {
      expect((await verify()).status).toBe('verified');
    } finally {
      clearInterval(watching);
    }
    expect([...limits]).toEqual(['500m']);
  });

  it('deletes its pod when it is cancelled in the middle', async () => {
    kube().setAgent('hang');
    const running = verify();
    running.catch(() => undefined);
    while (world.probes('payments').length === 0) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    world.controller.abort(new Error('cancelled by its starter'));
    await expect(running).rejects.toThrow('cancelled by its starter');
    expect(world.probes('payments')).toEqual([]);
  });
});

/** Its pod waits a second for a metadata service that does not answer. */
describe('the probe that tries to get the role of its node', () => {
  useWorld({ checkImds: true });

  it('proves the identity and what it may do', async () => {
    aws().iam.updateRole(role, {
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    });
    const report = await verify({
      permissionChecks: [
        { name: 's3', command: ['s3', 'ls'] },
        { name: 'identity', command: ['s3api', 'list-buckets'] },
      ],
    });
    expect(report).toMatchObject({
      status: 'verified',
      proof: 'credentials',
      probe: 'pod',
      callerArn: expect.stringMatching(SESSION),
      expectedRoleArn: role,
    });
    expect(glance(report).filter(line => !line.endsWith(' pass'))).toEqual([
      'role.target skip',
      'role.shared skip',
      'permissions.observed skip',
      'workloads.obtained skip',
    ]);
    expect(checkOf(report, 'credentials.identity')).toMatchObject({
      expected: role,
      observed: expect.stringMatching(SESSION),
    });
    expect(world.log).toEqual([
      expect.stringMatching(/^\d+ checks to do\.$/),
      expect.stringMatching(/^Probe pod payments\/eks-pod-identity-probe-/),
      expect.stringMatching(/^The probe runs on node ip-/),
    ]);
  });

  it('reports that the role of the node is within reach', async () => {
    const node = await kube().addNode({
      kind: 'managed',
      roleArn: 'arn:aws:iam::111122223333:role/payments-prod-nodes',
      imdsHopLimit: 2,
      labels: { pool: 'open' },
    });
    await world.newestPod(ref, { pool: 'open' });
    await world.sandbox.clock.advance(1_000);
    const report = await verify();
    expect(checkOf(report, 'credentials.imds')).toMatchObject({
      status: 'note',
      message:
        'The pod can still obtain the role of its node (payments-prod-nodes) from the instance metadata service.',
    });
    // The probe went where the newest pod of the service account runs.
    expect(world.log).toContain(`The probe runs on node ${node}.`);
    expect(report.status).toBe('verified');
    await kube().removeNode(node);
  });
});
