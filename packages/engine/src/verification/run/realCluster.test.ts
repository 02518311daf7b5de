import {
  firstBrokenHop,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { HurriedClock } from '../../async/__testUtils__/HurriedClock';
import { ref, role } from '../__testUtils__/checkWorlds';
import { LIST_WEBHOOKS, policyWebhook } from '../__testUtils__/policyWebhook';
import { checkOf, VerifyWorld } from '../__testUtils__/VerifyWorld';

/** What only the parts of a real cluster do; each in a sentence of its own, said once, with what to do. */
describe('a cluster as it really behaves', () => {
  let world: VerifyWorld;
  const kube = () => world.kube();
  const verify = (request: object = {}) =>
    world.verify({ ref, probe: 'pod', ...request });
  /** Lets minutes pass in a second. */
  const hurried = async <T>(work: () => Promise<T>, rate = 100) => {
    world.sandbox.clock.setRate(rate);
    return work().finally(() => world.sandbox.clock.setRate(1));
  };

  beforeAll(async () => {
    world = await VerifyWorld.start({
      clock: new HurriedClock(),
      // In turns of this process; a slow run leaves them as they are
      section: { timings: { requestTimeout: { minutes: 1 } } },
    });
    await world.settled();
    await world.sandbox.clock.advance(600_000);
  });
  afterEach(async () => {
    world.sandbox.faults.clear();
    await kube().clearTrouble();
    world.assertNoProbes('payments');
    await world.reset();
    await world.sandbox.clock.advance(600_000);
  });
  afterAll(() => world.stop());

  /** The check to read first, and how many further ones repeat its sentence as their own. */
  const first = (report: VerificationReport) => {
    const hop = firstBrokenHop(report)!;
    const repeated = report.checks.filter(
      ({ id, message, becauseOf }) =>
        id !== hop.id && message === hop.message && becauseOf !== hop.id,
    );
    return { ...hop, status: report.status, repeated: repeated.length };
  };

  const policy = (webhook: object = {}) =>
    kube().apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kyverno' } },
      policyWebhook(webhook),
    ]);
  /** An address that takes no packets: the API server waits for its answer until the time is over. */
  const HANGS = {
    failurePolicy: 'Ignore',
    timeoutSeconds: 10, // wall time: on the clock of the sandbox, hurried
    clientConfig: { url: 'https://10.9.9.9/validate' },
  };

  const letReadersList = () => kube().apply(LIST_WEBHOOKS);

  it.each<[string, RegExp]>([
    ['dropped', /^The agent tries longer to reach EKS Auth than programs wait/],
    ['slow', /^The agent tries longer to reach EKS Auth than programs wait/],
    ['refused', /refuses the connection: a firewall/],
    ['no-route', /The node cannot reach EKS Auth in time/],
  ])('packets to EKS Auth: %s', async (path, cause) => {
    kube().setEksAuthPath(path as 'dropped');
    // The agent's tries and a program's patience are a second apart
    expect(first(await hurried(verify, 20))).toMatchObject({
      id: 'credentials.agent-answers',
      status: 'broken',
      fix: {
        cause: expect.stringMatching(cause),
        snippet: { text: expect.stringContaining('eks-auth') },
      },
    });
  });

  it('an agent without credentials of its own', async () => {
    kube().setNodeCredentials('no-instance-profile');
    expect(first(await hurried(verify))).toMatchObject({
      id: 'credentials.agent-answers',
      status: 'broken',
      message: expect.stringMatching(/has no AWS credentials of its own/),
    });
  });

  it('an agent that no label shows, which answered nevertheless', async () => {
    const name = 'eks-pod-identity-agent';
    const labels = { 'app.kubernetes.io/name': name };
    const added = kube().get('daemonsets', 'kube-system', name)!;
    world.sandbox.aws.eks.cluster('payments-prod').addons.delete(name);
    await kube().delete('daemonsets', 'kube-system', name);
    await kube().apply({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'pia', namespace: 'kube-system' },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            ...added.spec.template.spec,
            containers: [
              {
                ...added.spec.template.spec.containers[0],
                image: 'mirror.example/pia:1',
              },
            ],
          },
        },
      },
    });
    await kube().waitFor(
      'daemonsets',
      'kube-system',
      'pia',
      set => set?.status?.numberReady === 3,
    );
    world.sandbox.aws.iam.updateRole(role, {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'ec2.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      },
    });
    const report = await hurried(verify);
    expect(checkOf(report, 'agent.installed')).toMatchObject({
      status: 'note',
      message: expect.stringMatching(/An agent answered the pod nevertheless/),
    });
    expect(first(report)).toMatchObject({
      id: 'role.trust-policy',
      status: 'broken',
    });
  });

  it('a node selector that no node satisfies', async () => {
    const node = kube().list('nodes')[0].metadata.name;
    const inPool = (pool: string) =>
      kube().change('nodes', undefined, node, ({ metadata }) => {
        metadata.labels = { ...metadata.labels, pool };
      });
    await inPool('batch');
    const name = 'in-pool';
    await kube().apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'payments' },
      spec: {
        serviceAccountName: ref.serviceAccount,
        nodeSelector: { pool: 'batch' },
        containers: [{ name: 'main', image: 'busybox' }],
      },
    });
    await kube().waitFor(
      'pods',
      'payments',
      name,
      pod => pod?.status?.phase === 'Running',
    );
    await inPool('another');
    const report = await hurried(verify);
    expect(first(report)).toMatchObject({
      status: 'could-not-check',
      message: expect.stringContaining(
        "3 node(s) didn't match Pod's node affinity/selector",
      ),
    });
    expect(JSON.stringify(first(report).fix)).not.toMatch(/taint|toleration/);
    expect(world.log).toContainEqual(
      expect.stringMatching(/^No node takes the probe pod yet: 0\/3 nodes/),
    );
  });

  describe('a webhook of a policy engine', () => {
    it('that is gone and fails closed', async () => {
      await policy();
      expect(first(await verify())).toMatchObject({
        id: 'admission.injects',
        status: 'could-not-check',
        message: expect.stringMatching(
          /^The admission webhook x\.policy\.example\.com does not answer, and the cluster refuses new pods without its answer: .*service "kyverno-svc" not found$/,
        ),
        fix: {
          cause: expect.stringContaining("including the workload's"),
          snippet: {
            text: 'kubectl -n kyverno get services,pods',
          },
        },
      });
      // The gate of an associate does not wait for it.
      expect(await world.gate(ref)).toMatchObject({
        effective: 'unknown',
        attempts: 1,
        message: expect.stringMatching(
          /x\.policy\.example\.com does not answer.*\. Bring its service kyverno-svc in namespace kyverno back/,
        ),
      });
    });

    it('that is gone, where the portal may list registrations', async () => {
      await policy();
      await letReadersList();
      expect(first(await verify()).fix?.snippet?.text).toBe(
        'kubectl delete validatingwebhookconfiguration policy',
      );
    });

    it('that hangs and fails open', async () => {
      await policy(HANGS);
      // A clock that hurries counts turns of this process, as the portal's limit does: a pause brings neither nearer
      const report = await hurried(verify, 2);
      expect(first(report)).toMatchObject({
        id: 'admission.injects',
        status: 'could-not-check',
        message:
          'An admission webhook is slow: the Kubernetes API answers other calls, but a pod is not created within 60 s.',
        fix: { snippet: { text: expect.stringContaining('SECONDS') } },
      });
      expect(checkOf(report, 'access.kubernetes').status).toBe('pass');
      await letReadersList();
      expect(await hurried(() => world.gate(ref), 2)).toMatchObject({
        effective: 'unknown',
        attempts: 1,
        message: expect.stringContaining(
          'The admission webhook x.policy.example.com is slow: the Kubernetes API answers other calls',
        ),
      });
    });

    it('that hangs, and the portal waits longer', async () => {
      await policy(HANGS);
      await letReadersList();
      const now = process.hrtime.bigint.bind(process.hrtime);
      const measured = jest
        .spyOn(process.hrtime, 'bigint')
        .mockImplementation(() => now() * BigInt(100));
      const report = await hurried(verify).finally(() =>
        measured.mockRestore(),
      );
      expect(report).toMatchObject({ status: 'verified' });
      expect(checkOf(report, 'admission.injects')).toMatchObject({
        status: 'note',
        message: expect.stringMatching(
          /receive the identity\. The admission webhook x\.policy\.example\.com is slow: a new pod is admitted after \d{2,}\.\d s\.$/,
        ),
      });
    });
  });

  it('a namespace that is being deleted', async () => {
    await kube().change('namespaces', undefined, 'payments', namespace => {
      namespace.metadata.finalizers = ['example.com/holds-it'];
    });
    await kube().delete('namespaces', undefined, 'payments');
    expect(first(await verify())).toMatchObject({
      id: 'service-account.exists',
      status: 'broken',
      message:
        'The namespace payments is being deleted, and Kubernetes creates nothing in it any more.',
      observed: 'a namespace that is being deleted',
      fix: {
        snippet: { text: expect.stringContaining('kubectl create namespace') },
      },
    });
  });

  it('an API that throttles', async () => {
    world.sandbox.faults.add({ pattern: 'kubernetes:*', kind: 'throttle' });
    expect(first(await verify())).toMatchObject({
      id: 'access.kubernetes',
      status: 'could-not-check',
      repeated: 0,
      message:
        "The cluster's Kubernetes API puts calls off (429): Too many requests, please try again later.",
      fix: { actions: ['Verify again in a few minutes.', expect.any(String)] },
    });
  });

  it('@night an API that throttles until the time is up', async () => {
    world.sandbox.faults.add({ pattern: 'kubernetes:*', kind: 'throttle' });
    const report = await hurried(() => verify({ timeoutSeconds: 30 }), 10);
    expect(first(report)).toMatchObject({
      id: 'access.kubernetes',
      repeated: 0,
      message: expect.stringContaining('puts calls off (429)'),
    });
  });

  it('two roles that the cluster does not know', async () => {
    const { read, verify: verifier } = world.sandbox.credentials.roles;
    for (const arn of [read, verifier]) {
      world.sandbox.aws.eks.deleteAccessEntry('payments-prod', arn);
    }
    const { id, message, fix } = first(await verify());
    expect({ id, message }).toEqual({
      id: 'access.kubernetes',
      message: `The cluster does not know the portal's role backstage-eks-read (401): Unauthorized. The cluster does not know the portal's role backstage-eks-verify (401): Unauthorized.`,
    });
    expect(fix?.snippet?.text.match(/--principal-arn \S+/g)).toEqual([
      `--principal-arn ${read}`,
      `--principal-arn ${verifier}`,
    ]);
  });

  it('@night an API that throttles for a while', async () => {
    world.sandbox.faults.add({
      pattern: 'kubernetes:*',
      kind: 'throttle',
      times: 100,
    });
    expect(await verify()).toMatchObject({ status: 'verified' });
  });

  it('an API server that closes connections', async () => {
    world.sandbox.faults.add({
      pattern: 'kubernetes:*',
      kind: 'reset',
      times: 8,
    });
    expect(await verify()).toMatchObject({ status: 'verified' });
    world.sandbox.faults.add({ pattern: 'kubernetes:*', kind: 'reset' });
    expect(first(await verify())).toMatchObject({
      id: 'access.kubernetes',
      status: 'could-not-check',
      repeated: 0,
      message: expect.stringMatching(
        /^The cluster's Kubernetes API did not answer: the connection to \S+ was closed before the answer was complete\.$/,
      ),
      fix: {
        actions: [
          expect.stringContaining('Verify again in a minute'),
          expect.any(String),
        ],
      },
    });
  });
});
