import { VerifyWorld } from '../__testUtils__/VerifyWorld';
import { probePod } from './podSpec';
import { sweepLeftovers } from './sweepLeftovers';

describe('the sweep of leftover probes', () => {
  let world: VerifyWorld;
  const made = async (over: object = {}) => {
    const pod = probePod({
      ref: {
        cluster: 'payments-prod',
        namespace: 'payments',
        serviceAccount: 'payments-ledger',
      },
      probe: world.clusters.get('payments-prod').probe,
      portalId: world.config.portalId,
      placement: {},
      deadlineSeconds: 180,
      now: world.clock.now(),
      graceSeconds: 0,
      permissionChecks: [],
      ...over,
    });
    // A pod whose process died before it could delete it.
    pod.spec!.containers[0].command = ['sleep', 'infinity'];
    await world.kube().apply(pod as any);
    return `payments/${pod.metadata!.name}`;
  };
  const sweep = (namespaces: string[] = []) =>
    sweepLeftovers({
      session: world.clusters.session('payments-prod', 'verify'),
      portalId: world.config.portalId,
      clock: world.clock,
      signal: new AbortController().signal,
      namespaces,
    });

  beforeAll(async () => {
    world = await VerifyWorld.start();
  });
  afterEach(() => world.reset());
  afterAll(() => world.stop());

  it('deletes our pods past their deadline, and nothing else', async () => {
    const old = await made();
    const foreign = await made({ portalId: 'another.example.com' });
    await world.sandbox.clock.advance(3 * 60_000);
    // A minute of grace after the deadline: the run itself may just be deleting it.
    expect(await sweep()).toEqual({ deleted: [], problems: [] });
    await world.sandbox.clock.advance(61_000);
    const fresh = await made();
    expect(await sweep()).toEqual({ deleted: [old], problems: [] });
    expect(
      world
        .probes('payments')
        .map(name => `payments/${name}`)
        .sort(),
    ).toEqual([foreign, fresh].sort());
    expect(await sweep()).toEqual({ deleted: [], problems: [] });
    expect(
      world
        .kube()
        .list('pods', 'payments')
        .filter(pod => pod.metadata.name.startsWith('payments-')),
    ).not.toEqual([]);
  });

  it('searches the known namespaces where it is not allowed to list the whole cluster', async () => {
    const old = await made();
    await world.sandbox.clock.advance(300_000);
    await world.forbidKubernetes('verifiers', 'pods', ['list']);
    await world.kube().apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'probes', namespace: 'payments' },
        rules: [
          { apiGroups: [''], resources: ['pods'], verbs: ['list', 'delete'] },
        ],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'probes', namespace: 'payments' },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'Role',
          name: 'probes',
        },
        subjects: [
          {
            apiGroup: 'rbac.authorization.k8s.io',
            kind: 'Group',
            name: 'backstage-verifiers',
          },
        ],
      },
    ]);
    expect(await sweep(['payments', 'kube-system'])).toEqual({
      deleted: [old],
      problems: [
        expect.stringMatching(
          /^Probe pods of namespace kube-system could not be listed: /,
        ),
      ],
    });
  });

  it('reports what it could not delete', async () => {
    const old = await made();
    await world.sandbox.clock.advance(300_000);
    await world.forbidKubernetes('verifiers', 'pods', ['delete']);
    expect(await sweep()).toEqual({
      deleted: [],
      problems: [
        expect.stringMatching(
          new RegExp(`^Probe pod ${old} could not be deleted: `),
        ),
      ],
    });
  });
});
