import {
  firstBrokenHop,
  headline,
} from 'backstage-plugin-eks-pod-identity-common';
import { checkOf, VerifyWorld } from '../__testUtils__/VerifyWorld';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
const role = 'arn:aws:iam::111122223333:role/payments-ledger';

/**
 * Faults during a verification: each ends in its own sentence, `inconclusive` where the identity was not disproved,
 * and with no pod left.
 */
describe('under trouble', () => {
  let world: VerifyWorld;
  const undo: Array<() => void | Promise<void>> = [];
  const kube = () => world.kube();
  const verify = (request: object = {}) =>
    world.verify({ ref, probe: 'pod', ...request });
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  };
  /**
   * Runs in real time until the verification waits, then lets minutes pass in a second or two, so that a slow machine
   * does not matter.
   */
  const hurryFrom = async <T>(waits: () => boolean, work: Promise<T>) => {
    let done = false;
    const ended = work.finally(() => {
      done = true;
    });
    ended.catch(() => undefined);
    await until(() => done || waits());
    world.sandbox.clock.setRate(100);
    return ended;
  };
  const probing = () => world.probes('payments').length > 0;
  /** The gate has asked once and pauses. */
  const told = () => world.log.some(line => !/ checks to do/.test(line));
  const answer = (report: Awaited<ReturnType<typeof verify>>) =>
    checkOf(report, 'credentials.agent-answers');

  beforeAll(async () => {
    world = await VerifyWorld.start({
      // Wide enough for a slow machine at a fast clock.
      section: { timings: { probeGrace: 150_000 } },
    });
    await world.settled();
    // Long after the last change: nothing is still propagating.
    await world.sandbox.clock.advance(600_000);
  });
  afterEach(async () => {
    world.sandbox.clock.setRate(1);
    for (const step of undo.splice(0)) await step();
    kube().setWebhook({});
    kube().setAgent('normal');
    kube().blockAws('sts', false);
    world.assertNoProbes('payments');
    await world.reset();
    await world.sandbox.clock.advance(600_000);
  });
  afterAll(() => world.stop());

  describe('the pod cannot be created', () => {
    const quota = (hard: object) =>
      kube().apply({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'small', namespace: 'payments' },
        spec: { hard },
      });

    it('a quota', async () => {
      await quota({ pods: '1' });
      const report = await verify();
      expect(report.status).toBe('could-not-check');
      expect(checkOf(report, 'admission.injects').status).toBe('unknown');
      expect(answer(report)).toMatchObject({
        status: 'unknown',
        message: expect.stringMatching(
          /^A ResourceQuota of namespace payments has no room for the probe pod: .*exceeded quota: small/,
        ),
      });
      expect(headline(report)).toMatch(/^Could not check: A ResourceQuota/);
    });

    it('a LimitRange', async () => {
      await kube().apply({
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'large-only', namespace: 'payments' },
        spec: { limits: [{ type: 'Container', min: { memory: '1Gi' } }] },
      });
      const report = await verify();
      expect(report.status).toBe('could-not-check');
      expect(answer(report)).toMatchObject({
        status: 'unknown',
        message: expect.stringMatching(
          /^A LimitRange of namespace payments does not allow the size of the probe pod: .*1Gi/,
        ),
      });
    });

    it('Pod Security, when a webhook changes the pod', async () => {
      await kube().setPodSecurity('payments', 'restricted');
      undo.push(
        kube().addWebhook({
          name: 'debug.example.com',
          supportsDryRun: true,
          mutate: pod => {
            pod.spec.hostNetwork = true;
          },
        }),
      );
      const report = await verify();
      expect(report.status).toBe('could-not-check');
      expect(answer(report)).toMatchObject({
        status: 'unknown',
        message: expect.stringMatching(
          /^Pod Security of namespace payments does not allow the probe pod: .*violates PodSecurity "restricted/,
        ),
      });
    });

    it('but restricted alone is no problem', async () => {
      await kube().setPodSecurity('payments', 'restricted');
      expect((await verify()).status).toBe('verified');
    });

    it('no right to create pods, which only the access review reveals', async () => {
      await world.forbidKubernetes('verifiers', 'pods', ['create']);
      const report = await verify();
      expect(report.status).toBe('could-not-check');
      expect(answer(report)).toMatchObject({
        status: 'unknown',
        message:
          'The portal is not allowed to create pods in namespace payments.',
        fix: { snippet: { language: 'yaml' } },
      });
    });
  });

  describe('the pod cannot run', () => {
    it('no node that fits', async () => {
      await kube().taint([
        { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' },
      ]);
      undo.push(() => kube().taint([]));
      const report = await hurryFrom(probing, verify());
      expect(report.status).toBe('could-not-check');
      expect(answer(report)).toMatchObject({
        status: 'unknown',
        message: expect.stringMatching(
          /^No node took the probe pod within 2\d s: 0\/3 nodes are available: .*taint/,
        ),
      });
    });

    it('a pod that hangs', async () => {
      const heal = kube().hangPods(pod =>
        pod.metadata.name.startsWith('eks-pod-identity-probe-'),
      );
      undo.push(heal);
      const report = await hurryFrom(probing, verify());
      expect(report.status).toBe('could-not-check');
      expect(answer(report)).toMatchObject({
        status: 'unknown',
        message: expect.stringMatching(
          /^The probe pod (was still running after|did not finish within)/,
        ),
      });
    });

    it('another client deletes it', async () => {
      kube().setAgent('hang');
      const running = verify();
      await until(probing);
      await kube().delete('pods', 'payments', world.probes('payments')[0], {
        gracePeriodSeconds: 0,
      });
      const report = await running;
      expect(report.status).toBe('could-not-check');
      expect(answer(report).message).toMatch(
        /^Another client deleted the probe pod before it answered\.$/,
      );
    });

    it('a mesh whose sidecar outlives the probe is no problem', async () => {
      undo.push(kube().addSidecarInjector());
      const report = await verify();
      expect(report.status).toBe('verified');
    });
  });

  describe('the agent', () => {
    it.each<
      [
        string,
        Parameters<ReturnType<VerifyWorld['kube']>['setAgent']>[0],
        string,
        RegExp,
      ]
    >([
      [
        'is throttled',
        'throttle',
        'unknown',
        /^The agent or EKS Auth is limiting requests at the moment: Too Many Requests/,
      ],
      [
        'does not answer',
        'hang',
        'fail',
        /^The agent on node ip-\S+ takes the connection and does not answer in time\.$/,
      ],
      [
        'refuses',
        'refuse',
        'fail',
        /^The agent on node ip-\S+ refuses connections from the probe\.$/,
      ],
      [
        'cannot reach EKS Auth',
        { status: 500, body: '[]' },
        'fail',
        /^The agent on node ip-\S+ does not reach EKS Auth \(status 500\)\.$/,
      ],
      [
        'answers with an unknown text',
        { status: 418, body: 'I am a teapot with AKIAABCDEFGHIJKLMNOP' },
        'fail',
        /^The agent gave no credentials: I am a teapot with AKIA\[redacted\]$/,
      ],
      [
        'is not allowed to ask',
        {
          status: 400,
          body: '[r]: (AccessDeniedException): User: arn:aws:sts::111122223333:assumed-role/nodes/i-0a is not authorized to perform: eks-auth:AssumeRoleForPodIdentity on resource: arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod, fault: client',
        },
        'fail',
        /^The node's role arn:aws:sts::111122223333:assumed-role\/nodes\/i-0a is not allowed to call eks-auth/,
      ],
    ])('%s', async (_what, behaviour, status, message) => {
      kube().setAgent(behaviour);
      const report = await hurryFrom(probing, verify());
      expect(answer(report)).toMatchObject({
        status,
        message: expect.stringMatching(message),
      });
      expect(report.status).toBe(
        status === 'fail' ? 'broken' : 'could-not-check',
      );
      expect(firstBrokenHop(report)?.id).toBe('credentials.agent-answers');
    });

    it('is unreachable while a NetworkPolicy keeps it and the pods from it', async () => {
      kube().setAgent('hang');
      await kube().apply({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'default-deny', namespace: 'payments' },
        spec: { podSelector: {}, policyTypes: ['Egress'] },
      });
      const report = await hurryFrom(probing, verify());
      expect(report.status).toBe('no-pod-has-it');
      expect(answer(report)).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining('the NetworkPolicy default-deny'),
        becauseOf: 'workloads.network',
      });
      expect(firstBrokenHop(report)?.id).toBe('workloads.network');
    });

    it('answers, but STS cannot be reached: the identity is unproven, not wrong', async () => {
      kube().blockAws('sts');
      const report = await hurryFrom(probing, verify());
      expect(answer(report).status).toBe('pass');
      expect(checkOf(report, 'credentials.identity')).toMatchObject({
        status: 'unknown',
        message: expect.stringMatching(
          /^The agent gave credentials, but STS did not say whom they belong to: /,
        ),
      });
      expect(report.status).toBe('could-not-check');
    });
  });

  describe('the API servers', () => {
    const associate = (serviceAccount: string) =>
      kube()
        .apply({
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: serviceAccount, namespace: 'payments' },
        })
        .then(() =>
          world.sandbox.aws.eks.putAssociation('payments-prod', {
            namespace: 'payments',
            serviceAccount,
            roleArn: role,
          }),
        );

    it('learn of an association one after another, and the gate waits for the last', async () => {
      world.sandbox.delays.association = 5_000;
      world.sandbox.delays.apiServerLag = 4_000;
      await associate('fresh');
      const gate = await hurryFrom(
        told,
        world.gate({ ...ref, serviceAccount: 'fresh' }),
      );
      expect(gate.effective).toBe('yes');
      // The second API server knows it nine seconds after the association was made.
      expect(gate.afterMs).toBeGreaterThan(7_000);
      expect(gate.message).toMatch(
        /^New pods receive the identity from every API server .* after \d+\.\d s\.$/,
      );
      expect(world.log).toEqual([
        'New pods do not receive the identity yet; waiting until every API server knows the association.',
      ]);
    });

    it('and EKS Auth even later: the probe repeats while the change is fresh', async () => {
      world.sandbox.delays.association = 15_000;
      world.sandbox.delays.eksAuth = 110_000;
      await associate('fresh');
      const running = verify({ ref: { ...ref, serviceAccount: 'fresh' } });
      running.catch(() => undefined);
      await until(told);
      await world.sandbox.clock.advance(16_000);
      await until(probing);
      world.sandbox.clock.setRate(10);
      // One more than the CLI's own attempts.
      await until(
        () =>
          world.sandbox.calls
            .calls()
            .filter(call => call.service === 'eks-auth' && call.status === 404)
            .length > 3,
      );
      await world.sandbox.clock.advance(100_000);
      const report = await running;
      expect(report).toMatchObject({
        status: 'no-workload',
        effectiveAfterMs: expect.any(Number),
      });
      expect(checkOf(report, 'admission.injects').message).toMatch(
        /receive the identity, after \d+\.\d s\.$/,
      );
      expect(answer(report).attempts).toBeGreaterThan(1);
    });

    it('and EKS Auth never: it is being set up for five minutes, then broken', async () => {
      world.sandbox.delays.eksAuth = 3_600_000;
      await associate('fresh');
      world.sandbox.clock.setRate(60);
      const look = () => verify({ ref: { ...ref, serviceAccount: 'fresh' } });
      const report = await look();
      expect(report).toMatchObject({ status: 'setting-up', way: 'broken' });
      expect(answer(report)).toMatchObject({ status: 'fail', settling: true });
      await world.sandbox.clock.advance(5 * 60_000);
      const later = await look();
      expect(later.status).toBe('broken');
      expect(answer(later).settling).toBeUndefined();
    });

    it('never learn of it: the gate answers "not effective"', async () => {
      world.sandbox.delays.association = 3_600_000;
      await associate('fresh');
      expect(
        await hurryFrom(
          told,
          world.gate({ ...ref, serviceAccount: 'fresh' }, 60_000),
        ),
      ).toMatchObject({
        effective: 'no',
        message: expect.stringMatching(
          /^After [678]\d\.\d s new pods still do not receive the identity \(AWS_CONTAINER_CREDENTIALS_FULL_URI/,
        ),
      });
    });

    it('fail open on one of them: a warning, and a proof by a pod that another one admitted', async () => {
      kube().setWebhook({ down: true }, 1);
      const runs = [];
      // If the first pod reaches the other API server, the next one does not.
      for (let run = 0; run < 2; run++) {
        await world.sandbox.clock.advance(61_000);
        runs.push(await verify());
      }
      for (const report of runs) {
        expect(report).toMatchObject({
          status: 'verified',
          proof: 'credentials',
        });
        expect(checkOf(report, 'admission.injects')).toMatchObject({
          status: 'warn',
          observed: expect.stringMatching(/^[1-4] of 5 dry runs/),
          fix: { cause: expect.stringContaining('Some API servers') },
        });
      }
    });

    it('fail open on all of them: dry runs cannot see it, and no pod runs', async () => {
      undo.push(
        kube().addWebhook({
          name: 'policy.example.com',
          supportsDryRun: false,
        }),
      );
      kube().setWebhook({ down: true });
      const report = await verify();
      expect(checkOf(report, 'admission.injects')).toMatchObject({
        status: 'fail',
        observed: '0 of 5 created pods',
      });
      expect(report.status).toBe('broken');
    });

    it('cannot be dry-run: the gate says so, the probe proves it nevertheless', async () => {
      undo.push(kube().addWebhookWithoutDryRun('policy.example.com'));
      expect(await world.gate(ref)).toMatchObject({
        effective: 'unknown',
        message: expect.stringContaining(
          'the admission webhook policy.example.com does not support them',
        ),
      });
      const report = await verify();
      expect(report.status).toBe('verified');
      expect(checkOf(report, 'admission.injects')).toMatchObject({
        status: 'pass',
        message:
          'A created pod of payments/payments-ledger received the identity; dry runs are not possible here.',
      });
    });

    it('the gate answers unknown where the portal is not allowed to ask', async () => {
      await world.forbidKubernetes('verifiers', 'pods', ['create']);
      expect(await world.gate(ref)).toMatchObject({
        effective: 'unknown',
        message:
          'Whether new pods receive the identity cannot be told: The portal is not allowed to create pods in namespace payments.',
      });
    });
  });

  it('ends within the given time, with the results so far', async () => {
    undo.push(
      kube().hangPods(pod =>
        pod.metadata.name.startsWith('eks-pod-identity-probe-'),
      ),
    );
    const report = await hurryFrom(probing, verify({ timeoutSeconds: 60 }));
    expect(report.status).toBe('could-not-check');
    expect(answer(report)).toMatchObject({
      status: 'unknown',
      message: expect.stringMatching(/^The probe pod .* (5|6)\d s|did not/),
    });
    expect(checkOf(report, 'association.exists').status).toBe('pass');
  });
});

describe('on Fargate', () => {
  it('nothing is started, and the report says why', async () => {
    const world = await VerifyWorld.start({
      clusters: ['orders-legacy'],
      portalClusters: [{ name: 'orders-legacy' }],
    });
    try {
      await world.kube('orders-legacy').apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'nightly', namespace: 'jobs' },
      });
      world.sandbox.aws.eks.putAssociation('orders-legacy', {
        namespace: 'jobs',
        serviceAccount: 'nightly',
        roleArn: 'arn:aws:iam::111122223333:role/image-resizer',
      });
      world.sandbox.calls.reset();
      const report = await world.verify({
        ref: {
          cluster: 'orders-legacy',
          namespace: 'jobs',
          serviceAccount: 'nightly',
        },
        probe: 'pod',
      });
      expect(report.status).toBe('broken');
      expect(checkOf(report, 'credentials.agent-answers')).toMatchObject({
        status: 'fail',
        message:
          'A Fargate profile takes the pods of this service account, and on Fargate there is no Pod Identity agent.',
      });
      expect(
        world.sandbox.calls
          .calls()
          .filter(call => call.operation === 'create pods' && call.write),
      ).toEqual([]);
    } finally {
      await world.stop();
    }
  });
});

describe('with an image that cannot be pulled', () => {
  it('says so, as soon as the kubelet backs off', async () => {
    const world = await VerifyWorld.start({
      portalClusters: [
        {
          name: 'payments-prod',
          probe: { image: 'registry.acme.invalid/aws-cli:2.37.4' },
        },
      ],
    });
    try {
      world.sandbox.clock.setRate(20);
      const report = await world.verify({ ref, probe: 'pod' });
      expect(report.status).toBe('could-not-check');
      expect(checkOf(report, 'credentials.agent-answers')).toMatchObject({
        status: 'unknown',
        message: expect.stringMatching(
          /^The node could not pull registry\.acme\.invalid\/aws-cli:2\.37\.4 \(ImagePullBackOff\)/,
        ),
        fix: {
          actions: expect.arrayContaining([
            expect.stringContaining('probe.image'),
          ]),
        },
      });
    } finally {
      await world.stop();
    }
  });
});
