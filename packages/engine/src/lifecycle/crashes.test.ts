import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
const TARGET = 'arn:aws:iam::444455556666:role/data-reader';

/** Kills a process before its nth write: the earlier writes were made, and the next process does not know of them. */
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
    // The naming strategy would propose an entirely different name.
    roleName: 'api-reader',
  };

  const dyingAt = (n: number) => {
    let count = 0;
    return async () => {
      count += 1;
      if (count >= n) throw new Error('killed');
    };
  };

  /** True if the run was killed; any other error fails the test. */
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
    // Each attempt is killed one write later.
    while (
      await wasKilled(world.associate(REF, input, { beforeWrite: dyingAt(2) }))
    ) {
      n += 1;
      expect(n).toBeLessThan(20);
    }
    expect(n).toBeGreaterThan(4);
    // Every run made progress and repeated nothing.
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
    // Role, two policies, target policy, association, service account; and one run that was not killed.
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
