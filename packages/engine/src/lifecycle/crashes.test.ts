import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
const TARGET = 'arn:aws:iam::444455556666:role/data-reader';

/** A process that is killed before its nth write has done all writes before it, and knows nothing of it afterwards. */
describe('A process that dies at any write', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.start({ portals: {} });
    world.addPortal('main', {
      section: { guardrails: { targetRoles: { allow: [TARGET] } } },
    });
  });
  afterEach(() => world.stop());

  const input = {
    createNamespace: true,
    managedPolicyArns: [S3, SQS],
    targetRoleArn: TARGET,
    // Nothing of it is in the name that the naming strategy would propose.
    roleName: 'api-reader',
  };

  const dyingAt = (n: number) => {
    let count = 0;
    return async () => {
      count += 1;
      if (count >= n) throw new Error('killed');
    };
  };

  /** Whether the run was killed; any other failure is one of the test. */
  const wasKilled = async (run: Promise<unknown>) => {
    try {
      await run;
      return false;
    } catch (error) {
      if (/killed/.test((error as Error).message)) return true;
      throw error;
    }
  };

  const leftovers = async () => {
    const { aws } = world.sandbox;
    const serviceAccount = await world
      .kube()
      .find('ServiceAccount', 'api', 'shop');
    return [
      ...aws.iam
        .roles()
        .filter(({ path }) => path === '/backstage/')
        .map(({ name }) => name),
      ...(world.association(REF) ? ['association'] : []),
      ...(serviceAccount ? ['ServiceAccount'] : []),
    ];
  };

  it('leaves nothing that a second run does not finish', async () => {
    let n = 1;
    // Each time one write further: a run that dies n times in all.
    while (
      await wasKilled(world.associate(REF, input, { beforeWrite: dyingAt(2) }))
    ) {
      n += 1;
      expect(n).toBeLessThan(20);
    }
    expect(n).toBeGreaterThan(4);
    // Every run added what it could and repeated nothing.
    expect(new Set(world.writes()).size).toBe(
      world.writes().length - 1 /* two policies are attached */,
    );
    world.forget();
    const again = await world.associate(REF, input);
    expect(again).toMatchObject({ changed: false, effective: 'yes' });
    expect(world.writes()).toEqual([]);
  });

  it('leaves nothing that a teardown does not remove', async () => {
    let n = 0;
    let killed = true;
    while (killed) {
      n += 1;
      killed = await wasKilled(
        world.associate(REF, input, { beforeWrite: dyingAt(n) }),
      );
      await world.teardown(REF);
      expect(await leftovers()).toEqual([]);
      world.forget();
      expect((await world.teardown(REF)).changed).toBe(false);
      expect(world.writes()).toEqual([]);
    }
    // Role, two policies, target policy, association, ServiceAccount; and one run that nobody killed.
    expect(n).toBeGreaterThanOrEqual(7);
  });

  it('in the middle of a teardown is finished by the next one', async () => {
    await world.associate(REF, input);
    let n = 0;
    while (
      await wasKilled(world.teardown(REF, {}, { beforeWrite: dyingAt(2) }))
    ) {
      n += 1;
      expect(n).toBeLessThan(20);
    }
    expect(await leftovers()).toEqual([]);
  });
});
