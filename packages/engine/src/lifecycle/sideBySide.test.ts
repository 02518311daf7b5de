import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const [S3, SQS, MISSING] = [
  'AmazonS3ReadOnlyAccess',
  'AmazonSQSReadOnlyAccess',
  'NoSuchPolicy',
].map(name => `arn:aws:iam::aws:policy/${name}`);

describe('Steps that run side by side', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.withCluster({
      section: {
        guardrails: { managedPolicies: { allow: [S3, SQS, MISSING] } },
      },
    });
  });
  afterEach(() => world.stop());

  /** How each step ended, by id. */
  const ends = () =>
    Object.fromEntries(
      world
        .steps()
        .filter(({ status }) => ['done', 'failed', 'skipped'].includes(status))
        .map(({ id, status }) => [id, status]),
    );

  it('leave each other’s outcome when one fails, and a roll-back removes what was done', async () => {
    const error = await world
      .associate(
        REF,
        { managedPolicyArns: [MISSING, S3, SQS] },
        { taskId: 'one' },
      )
      .catch(e => e);
    expect(error.name).toBe('NotFoundError');
    expect(error.message).toMatch(
      /there is no policy \S+NoSuchPolicy.*Done: create the role \S+; attach \S+S3ReadOnlyAccess to \S+; attach \S+SQSReadOnlyAccess to \S+\. Not done: attach NoSuchPolicy to \S+; create the association/,
    );
    expect(ends()).toEqual({
      role: 'done',
      'role.managed-policy.NoSuchPolicy': 'failed',
      'role.managed-policy.AmazonS3ReadOnlyAccess': 'done',
      'role.managed-policy.AmazonSQSReadOnlyAccess': 'done',
      association: 'skipped',
      gate: 'skipped',
    });
    expect(world.association(REF)).toBeUndefined();
    const { removed } = await world.teardown(REF, { createdByTask: 'one' });
    expect(removed.map(({ kind }) => kind)).toEqual([
      'managed-policy',
      'managed-policy',
      'role',
    ]);
  });

  it('keep the role of a teardown while one part of it could not be removed, and the next run finishes', async () => {
    const { roleArn } = await world.associate(REF, {
      managedPolicyArns: [S3, SQS],
    });
    world.forget();
    const error = await world
      .teardown(
        REF,
        {},
        {
          beforeWrite: async what => {
            if (what.startsWith('detach AmazonS3ReadOnlyAccess'))
              throw new Error('no answer');
          },
        },
      )
      .catch(e => e);
    expect(error.message).toMatch(
      /no answer.*Done: delete the association \S+; detach \S+SQSReadOnlyAccess from \S+\. Not done: detach \S+S3ReadOnlyAccess from \S+; delete the role/,
    );
    expect(ends()).toEqual({
      association: 'done',
      'role.managed-policy.AmazonS3ReadOnlyAccess': 'failed',
      'role.managed-policy.AmazonSQSReadOnlyAccess': 'done',
      role: 'skipped',
    });
    expect(world.role(roleArn)?.attached).toEqual([S3]);
    await world.teardown(REF);
    expect(world.role(roleArn)).toBeUndefined();
  });

  it('show the plan in the same order every time', async () => {
    const order = async () =>
      (
        await world.planAssociate(REF, { managedPolicyArns: [S3, SQS] })
      ).steps.map(({ id }) => id);
    const first = await order();
    expect(first).toEqual([
      'role',
      'role.managed-policy.AmazonS3ReadOnlyAccess',
      'role.managed-policy.AmazonSQSReadOnlyAccess',
      'association',
      'service-account',
      'agent',
      'gate',
    ]);
    expect(await order()).toEqual(first);
  });
});
