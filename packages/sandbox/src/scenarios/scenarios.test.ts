import { startSandbox, Sandbox } from '../sandbox';
import { SCENARIOS, scenariosByRow } from '.';

const REF = ['payments-prod', 'payments', 'payments-ledger'] as const;

describe('scenarios', () => {
  let sandbox: Sandbox;
  const associations = () =>
    sandbox.aws.eks
      .associations('payments-prod')
      .filter(one => one.serviceAccount === REF[2]);

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ['payments-prod'] });
  });
  afterEach(() => sandbox.reset());
  afterAll(() => sandbox.stop());

  it('show every known failure, or the list says why not', () => {
    expect(
      scenariosByRow()
        .filter(({ scenarios, notShown }) => !scenarios.length === !notShown)
        .map(({ row }) => row),
    ).toEqual([]);
  });

  it('say what they change and what one sees, for programs too', async () => {
    const listed = await sandbox.client.scenarios();
    expect(listed.map(({ name }) => name)).toEqual([...SCENARIOS.keys()]);
    expect(
      listed.filter(({ rows, shows }) => rows.length > 0 && !shows),
    ).toEqual([]);
  });

  it('break the usual identity, one after another', async () => {
    expect(await sandbox.client.scenario('trust-without-tag-session')).toEqual({
      identity: {
        cluster: 'payments-prod',
        namespace: 'payments',
        serviceAccount: 'payments-ledger',
      },
    });
    await sandbox.client.scenario('association-missing');
    expect(associations()).toEqual([]);
    const role = sandbox.aws.iam.role(
      'arn:aws:iam::111122223333:role/payments-ledger',
    );
    expect(role.trust).not.toContain('sts:TagSession');
  });

  it('make another identity whole before they break it', async () => {
    await sandbox.client.scenario('agent-degraded', {
      identity: 'payments-prod/shop/basket',
    });
    const kube = sandbox.cluster('payments-prod');
    expect(kube.list('pods', 'shop')).toHaveLength(2);
    for (const { spec } of kube.list('pods', 'shop')) {
      expect(spec.containers[0].env).toContainEqual(
        expect.objectContaining({
          name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
        }),
      );
    }
  });

  it('take nodes and taints away again on a restore', async () => {
    const nodes = () =>
      sandbox
        .cluster('payments-prod')
        .list('nodes')
        .map(({ spec }) => spec.taints);
    const before = nodes();
    await sandbox.client.scenario('nodes-tainted');
    await sandbox.client.scenario('pods-on-windows');
    expect(nodes()).not.toEqual(before);
    await sandbox.reset();
    expect(nodes()).toEqual(before);
  });

  it.each([
    ['payments-ledger', 'identity must be cluster/namespace/service-account'],
    ['none/a/b', '0 clusters are called "none"'],
  ])('say what is wrong with the identity %p', async (identity, message) => {
    await expect(
      sandbox.client.scenario('role-deleted', { identity }),
    ).rejects.toThrow(message);
  });
});
