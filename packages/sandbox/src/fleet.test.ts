import { PATIENCE_MS } from '../patience';
import { Sandbox, startSandbox } from './sandbox';

const SIZE = { clusters: 2, accounts: 90, pods: 3 };
const ROLE = 'eks.amazonaws.com/role-arn';

const start = (seed: number, fleet = SIZE) =>
  startSandbox({ scenario: 'empty', seed, fleet });

/** Role and image of every service account, without what a run numbers. */
const accountsOf = (sandbox: Sandbox) =>
  sandbox
    .connections()
    .flatMap(({ name }) => sandbox.cluster(name).list('serviceaccounts'))
    .filter(({ metadata }) => metadata.namespace?.startsWith('team-'))
    .filter(({ metadata }) => metadata.name !== 'default')
    .map(({ metadata }) => [
      `${metadata.namespace}/${metadata.name}`,
      metadata.annotations?.[ROLE] ?? '',
    ]);

describe('a fleet', () => {
  let sandbox: Sandbox;
  const kube = () => sandbox.cluster('fleet-2');
  const pods = () =>
    kube()
      .list('pods')
      .filter(({ metadata }) => metadata.namespace!.startsWith('team-'));
  const running = () =>
    pods().filter(({ status }) => status?.phase === 'Running').length;
  const wanted = () =>
    kube()
      .list('deployments')
      .reduce((sum, { spec }) => sum + spec.replicas, 0);
  const calls = () =>
    sandbox.aws.cloudTrail.events({ name: 'AssumeRoleWithWebIdentity' });

  beforeAll(async () => {
    sandbox = await start(7);
  }, PATIENCE_MS);
  afterAll(() => sandbox.stop());

  it('has its clusters, each with its service accounts, beside none of the demo', () => {
    expect(sandbox.connections().map(({ name }) => name)).toEqual([
      'fleet-1',
      'fleet-2',
    ]);
    expect(accountsOf(sandbox)).toHaveLength(SIZE.clusters * SIZE.accounts);
  });

  it('is the same for the same seed, and another for another', async () => {
    const small = { clusters: 1, accounts: 20, pods: 1 };
    const [one, same, other] = await Promise.all(
      [3, 3, 4].map(async seed => {
        const started = await start(seed, small);
        const accounts = accountsOf(started);
        await started.stop();
        return accounts;
      }),
    );
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('has an own role for each service account, except for those that share one', () => {
    const roles = accountsOf(sandbox).map(([, role]) => role);
    const sharers = accountsOf(sandbox).filter(([name]) =>
      name.endsWith('-worker'),
    );
    const annotated = roles.filter(Boolean);
    const others = sharers.filter(([, role]) => role);
    expect(sharers.length).toBeGreaterThan(0);
    expect(annotated.length - new Set(annotated).size).toBeLessThanOrEqual(
      others.length,
    );
  });

  it('says that pods run on nodes of every kind, with an agent where EKS has one', async () => {
    expect(running()).toBe(wanted());
    const labels = new Map(
      kube()
        .list('nodes')
        .map(({ metadata }) => [metadata.name, metadata.labels!]),
    );
    const kinds = new Set(
      pods().map(({ spec }) => {
        const of = labels.get(spec.nodeName)!;
        return of['eks.amazonaws.com/compute-type'] ?? of['kubernetes.io/os'];
      }),
    );
    expect([...kinds].sort()).toEqual(['auto', 'fargate', 'linux', 'windows']);
    await kube().agentReady();
  });

  it('has pods that go when they are deleted, and come again', async () => {
    const [{ metadata }] = pods();
    const before = pods().length;
    await kube().delete('pods', metadata.namespace, metadata.name);
    await kube().waitFor(
      'pods',
      metadata.namespace,
      metadata.name,
      pod => pod === undefined && running() === before,
      AbortSignal.timeout(PATIENCE_MS),
    );
    expect(kube().get('pods', metadata.namespace, metadata.name)).toBe(
      undefined,
    );
  });

  it('has programs that asked STS, old and new ones, of which it refused some', () => {
    const refused = calls().filter(({ errorCode }) => errorCode);
    expect(calls().length).toBeGreaterThan(SIZE.accounts / 2);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(calls().length / 4);
    const sdks = new Set(
      calls().map(({ userAgent }) => userAgent.split('/')[0]),
    );
    expect(sdks.size).toBeGreaterThan(5);
  });

  it('is there again after a reset', async () => {
    const before = accountsOf(sandbox);
    await kube().delete('namespaces', undefined, 'team-0');
    await sandbox.reset();
    expect(accountsOf(sandbox)).toEqual(before);
    await kube().waitFor(
      'namespaces',
      undefined,
      'team-0',
      () => running() === wanted(),
      AbortSignal.timeout(PATIENCE_MS),
    );
  });
});
