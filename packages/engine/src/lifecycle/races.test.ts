import {
  MARK_TAGS,
  NewOperationEvent,
} from 'backstage-plugin-eks-pod-identity-common';
import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
const SNS = 'arn:aws:iam::aws:policy/AmazonSNSReadOnlyAccess';

const READ = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::acme-payments-receipts/*',
    },
  ],
};

/** Simulated time runs a hundred times faster: two minutes of waiting take 1.2 s. */
describe('Races', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.withCluster({
      section: {
        guardrails: { roles: { adopt: ['arn:aws:iam::111122223333:role/*'] } },
      },
    });
  });
  afterEach(() => world.stop());

  const aws = () => world.sandbox.aws;
  const waited = () =>
    world
      .steps()
      .filter(({ status }) => status === 'waiting')
      .map(({ message }) => message);
  /** Stops time until the operation waits, then lets it run, so that a slow machine does not matter. */
  const stopTime = () => {
    world.sandbox.clock.setRate(0);
    return (event: NewOperationEvent) => {
      if (event.type === 'step' && event.data.status === 'waiting') {
        world.sandbox.clock.setRate(50);
      }
    };
  };
  const count = (operation: string) =>
    world.calls().filter(call => call === operation).length;

  it('waits until EKS sees a role that was just created', async () => {
    world.sandbox.delays.iam = 20_000;
    const { roleArn } = await world.associate(REF, {}, { emit: stopTime() });
    expect(world.association(REF)?.roleArn).toBe(roleArn);
    expect(waited()).toEqual([
      expect.stringMatching(
        /^Waiting until EKS sees the role eks-payments-prod/,
      ),
    ]);
    expect(count('eks:CreatePodIdentityAssociation')).toBeGreaterThan(1);
    // The plan's, and one every five seconds of the wait.
    expect(count('iam:GetRole')).toBeLessThanOrEqual(1 + 5);
    expect(world.writes().filter(write => write.startsWith('eks:'))).toEqual([
      'eks:CreatePodIdentityAssociation',
    ]);
  });

  it('gives up after two minutes; the error lists the finished steps, and a second run continues', async () => {
    world.sandbox.delays.iam = 3_600_000;
    const error = await world
      .associate(REF, { managedPolicyArns: [S3] })
      .catch(e => e);
    expect(error.name).toBe('InputError');
    expect(error.message).toMatch(
      /Could not create the association of shop\/api.*Role provided in the request does not exist/,
    );
    expect(error.message).toMatch(
      /Done: create the role .*; attach .*S3ReadOnlyAccess/,
    );
    expect(error.message).toMatch(/Not done: create the association/);
    expect(error.message).toMatch(/Running it again carries on from there/);
    await world.sandbox.clock.advance(3_600_000);
    world.sandbox.delays.iam = 0;
    world.forget();
    await world.associate(REF, { managedPolicyArns: [S3] });
    expect(world.writes()).toEqual(['eks:CreatePodIdentityAssociation']);
  });

  it('does not wait for a role that IAM reports as missing', async () => {
    const role = aws().iam.putRole({ name: 'legacy' });
    await expect(
      world.associate(
        REF,
        { roleArn: role.arn },
        {
          beforeWrite: async what => {
            if (what.startsWith('create the association')) {
              aws().iam.deleteRole(role.arn);
            }
          },
        },
      ),
    ).rejects.toThrow(/IAM says so too: it was deleted meanwhile/);
    expect(count('eks:CreatePodIdentityAssociation')).toBe(1);
  });

  it('waits for "trust policy invalid" only because our own reading says it is valid', async () => {
    const role = aws().iam.putRole({
      name: 'legacy',
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
    world.sandbox.delays.iam = 8_000;
    aws().iam.updateRole(role.arn, {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'pods.eks.amazonaws.com' },
            Action: ['sts:AssumeRole', 'sts:TagSession'],
          },
        ],
      },
    });
    await world.associate(REF, { roleArn: role.arn }, { emit: stopTime() });
    expect(waited()).toEqual([
      'Waiting until EKS sees the trust policy of legacy',
    ]);
  });

  it('does not wait for a trust policy that is wrong, and prints what it needs', async () => {
    const role = aws().iam.putRole({ name: 'legacy' });
    const error = await world
      .associate(
        REF,
        { roleArn: role.arn },
        {
          beforeWrite: async () => {
            aws().iam.updateRole(role.arn, {
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
          },
        },
      )
      .catch(e => e);
    expect(error.message).toMatch(
      /EKS does not accept the trust policy of legacy/,
    );
    expect(error.message).toMatch(/"Sid":"BackstageEksPodIdentity/);
    expect(count('eks:CreatePodIdentityAssociation')).toBe(1);
  });

  it('accepts an equal association of ours that was created meanwhile', async () => {
    const first = await world.associate(REF);
    const { associationId, ...record } = world.association(REF)!;
    aws().eks.deleteAssociation('payments-prod', associationId);
    world.forget();
    let made = false;
    const again = await world.associate(
      REF,
      {},
      {
        beforeWrite: async () => {
          if (made) return;
          made = true;
          aws().eks.putAssociation('payments-prod', record as any);
        },
      },
    );
    expect(again.roleArn).toBe(first.roleArn);
    expect(count('eks:CreatePodIdentityAssociation')).toBe(1);
    expect(world.writes()).toEqual([]);
  });

  const ownerArn =
    'arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/vpc-cni/1';
  it.each([
    ['another owner', {}, 'another owner'],
    ['an add-on', { ownerArn }, `the add-on ${ownerArn}`],
  ])(
    'stops at an association that %s created meanwhile',
    async (_, more, whose) => {
      const theirs = aws().iam.putRole({ name: 'theirs' });
      await expect(
        world.associate(
          REF,
          {},
          {
            beforeWrite: async what => {
              if (what.startsWith('create the association')) {
                aws().eks.putAssociation('payments-prod', {
                  namespace: 'shop',
                  serviceAccount: 'api',
                  roleArn: theirs.arn,
                  ...more,
                });
              }
            },
          },
        ),
      ).rejects.toThrow(
        `was made for this service account, with the role ${theirs.arn}; it belongs to ${whose}`,
      );
      expect(world.association(REF)?.roleArn).toBe(theirs.arn);
    },
  );

  it('waits until a deleted association no longer blocks a new one', async () => {
    await world.associate(REF);
    world.sandbox.delays.associationDelete = 15_000;
    const emit = stopTime();
    aws().eks.deleteAssociation(
      'payments-prod',
      world.association(REF)!.associationId,
    );
    world.forget();
    await world.associate(REF, {}, { emit });
    expect(waited()).toEqual([
      'Waiting until the deleted association is gone everywhere',
    ]);
    expect(world.association(REF)).toBeDefined();
  });

  it('reports an association as gone when Describe and List both say so', async () => {
    await world.associate(REF);
    world.sandbox.delays.associationDelete = 10_000;
    world.forget();
    await world.teardown(REF, {}, { emit: stopTime() });
    expect(count('eks:ListPodIdentityAssociations')).toBeGreaterThan(2);
    // The plan's, the one before the deletion, and the first of the wait, which is answered with 404.
    expect(count('eks:DescribePodIdentityAssociation')).toBe(3);
    expect(waited()).toEqual([
      'Waiting until the association is gone everywhere',
    ]);
  });

  it('retries a DeleteConflict of IAM, but not for a policy that another caller attaches meanwhile', async () => {
    const { roleArn } = await world.associate(REF, { managedPolicyArns: [S3] });
    await expect(
      world.teardown(
        REF,
        {},
        {
          beforeWrite: async what => {
            if (what.startsWith('delete the role')) {
              aws().iam.updateRole(roleArn!, { attached: [SQS] });
            }
          },
        },
      ),
    ).rejects.toThrow(/AmazonSQSReadOnlyAccess was put on it meanwhile/);
    expect(world.role(roleArn)?.attached).toEqual([SQS]);
    let tries = 0;
    world.forget();
    const { removed } = await world.teardown(
      REF,
      {},
      {
        beforeWrite: async what => {
          if (!what.startsWith('delete the role')) return;
          tries += 1;
          // Undoes the detach once, as a lagging replica of IAM would show it.
          aws().iam.updateRole(roleArn!, {
            attached: tries === 1 ? [SQS] : [],
          });
        },
      },
    );
    expect(removed).toContainEqual({ kind: 'role', name: roleArn });
    expect(tries).toBe(2);
    expect(waited().join()).toMatch(/nothing is attached to the role any more/);
  });

  it.each<[string, Record<string, unknown>]>([
    ['attaching a policy', { managedPolicyArns: [S3] }],
    ['detaching one', { detachManagedPolicyArns: [SNS] }],
    ['tagging it', { tags: { tier: '1' } }],
    ['writing an inline policy', { inlinePolicies: { read: READ } }],
  ])(
    'leaves a role alone that became another’s before %s',
    async (_, input) => {
      const { roleArn } = await world.associate(REF, {
        managedPolicyArns: [SNS],
      });
      world.forget();
      await expect(
        world.associate(REF, input, {
          emit: event => {
            if (event.type !== 'plan') return;
            aws().iam.updateRole(roleArn!, {
              tags: { [MARK_TAGS.managedBy]: 'terraform' },
            });
          },
        }),
      ).rejects.toThrow(/its owner is another now/);
      expect(world.writes()).toEqual([]);
    },
  );

  it('makes no association with a role that was recreated', async () => {
    const { roleArn } = await world.associate(REF);
    aws().eks.deleteAssociation(
      'payments-prod',
      world.association(REF)!.associationId,
    );
    world.forget();
    await expect(
      world.associate(
        REF,
        {},
        {
          emit: event => {
            if (event.type !== 'plan') return;
            const { name, path, tags } = world.role(roleArn)!;
            aws().iam.putRole({ name, path, tags });
          },
        },
      ),
    ).rejects.toThrow(/another one of that name was made/);
    expect(world.association(REF)).toBeUndefined();
  });

  it.each<[string, (arn: string) => void, RegExp]>([
    [
      'its trust policy changed',
      arn =>
        aws().iam.updateRole(arn, {
          trust: {
            Version: '2012-10-17',
            Statement: [
              ...world.trustOf(arn).Statement,
              {
                Effect: 'Allow',
                Principal: { Service: 'ec2.amazonaws.com' },
                Action: 'sts:AssumeRole',
              },
            ],
          },
        }),
      /its trust policy was changed/,
    ],
    [
      'a policy was attached',
      arn => aws().iam.updateRole(arn, { attached: [S3, SQS] }),
      /its managed policies were changed/,
    ],
    [
      'an instance profile holds it',
      arn =>
        aws().iam.putInstanceProfile({
          name: 'nodes',
          roleName: arn.split('/').pop(),
        }),
      /instance profile nodes holds it/,
    ],
    [
      'its ownership tags were removed',
      arn => aws().iam.updateRole(arn, { tags: {} }),
      /its tags were changed/,
    ],
    [
      'another role has its name',
      arn => {
        const { name, path } = world.role(arn)!;
        aws().iam.putRole({ name, path });
      },
      /another one of that name was made/,
    ],
  ])('stops before the first detach when %s', async (_, change, message) => {
    const { roleArn } = await world.associate(REF, {
      managedPolicyArns: [S3, SNS],
    });
    const error = await world
      .teardown(
        REF,
        {},
        {
          emit: event => {
            if (event.type === 'plan') change(roleArn!);
          },
        },
      )
      .catch(e => e);
    expect(error.message).toMatch(message);
    // Once, although no part of the role could be removed for this reason.
    expect(error.message.split(/is no longer what the plan saw/)).toHaveLength(
      2,
    );
    expect(world.role(roleArn)).toBeDefined();
    expect(
      world.writes().filter(write => /Detach|DeleteRole/.test(write)),
    ).toEqual([]);
  });

  it('reads the role again when its association took longer to disappear', async () => {
    const { roleArn } = await world.associate(REF, { managedPolicyArns: [S3] });
    world.sandbox.delays.associationDelete = 10_000;
    const emit = stopTime();
    await expect(
      world.teardown(
        REF,
        {},
        {
          emit: event => {
            emit(event);
            if (event.type === 'step' && event.data.status === 'waiting') {
              aws().iam.updateRole(roleArn!, { attached: [S3, SQS] });
            }
          },
        },
      ),
    ).rejects.toThrow(/its managed policies were changed/);
    expect(world.role(roleArn)?.attached).toEqual([S3, SQS]);
  });

  it('stops when the association was changed between plan and write', async () => {
    await world.associate(REF);
    const { associationId } = world.association(REF)!;
    const other = aws().iam.putRole({ name: 'other' });
    const change = (event: { type: string }) => {
      if (event.type === 'plan') {
        aws().eks.updateAssociation('payments-prod', associationId, {
          roleArn: other.arn,
        });
      }
    };
    await expect(
      world.associate(REF, { disableSessionTags: true }, { emit: change }),
    ).rejects.toThrow(
      /Association a-\S+ is no longer what the plan saw: roleArn is/,
    );
    aws().eks.updateAssociation('payments-prod', associationId, {
      tags: { [MARK_TAGS.managedBy]: 'terraform' },
    });
    expect((await world.teardown(REF)).kept).toContainEqual(
      expect.objectContaining({ kind: 'association' }),
    );
    expect(world.association(REF)?.roleArn).toBe(other.arn);
  });

  it('keeps a foreign trust statement that was added between plan and write', async () => {
    const { roleArn } = await world.associate(REF);
    const foreign = {
      Sid: 'Late',
      Effect: 'Allow',
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    };
    await world.associate(
      REF,
      { trustScope: 'cluster' },
      {
        emit: event => {
          if (event.type !== 'plan') return;
          const trust = world.trustOf(roleArn);
          trust.Statement.push(foreign);
          aws().iam.updateRole(roleArn!, { trust: trust as any });
        },
      },
    );
    expect(world.trustOf(roleArn).Statement).toContainEqual(foreign);
  });

  it('notices that the association was deleted meanwhile', async () => {
    await expect(
      world.associate(
        REF,
        {},
        {
          emit: event => {
            if (
              event.type === 'step' &&
              event.data.id === 'association' &&
              event.data.status === 'done'
            ) {
              aws().eks.deleteAssociation(
                'payments-prod',
                world.association(REF)!.associationId,
              );
            }
          },
        },
      ),
    ).rejects.toThrow(/At the end there was no association for shop\/api/);
  });

  it('accepts its own role that was created meanwhile, and refuses another owner’s', async () => {
    await world.associate(REF, { roleName: 'mine' });
    const role = world.role('arn:aws:iam::111122223333:role/backstage/mine')!;
    await world.teardown(REF);
    world.forget();
    const again = await world.associate(
      REF,
      { roleName: 'mine' },
      {
        beforeWrite: async what => {
          if (what === 'create the role mine' && !world.role(role.arn)) {
            aws().iam.putRole({
              name: 'mine',
              path: '/backstage/',
              trust: role.trust,
              tags: role.tags,
              boundaryArn: role.boundaryArn,
            });
          }
        },
      },
    );
    expect(again.roleName).toBe('mine');
    await expect(
      world.associate(
        'payments-prod/shop/b',
        { roleName: 'late' },
        {
          beforeWrite: async what => {
            if (what === 'create the role late') {
              aws().iam.putRole({ name: 'late', path: '/backstage/' });
            }
          },
        },
      ),
    ).rejects.toThrow(/The name late was taken meanwhile/);
    expect(world.association('payments-prod/shop/b')).toBeUndefined();
  });

  it('names the AWS quota that is used up', async () => {
    aws().set({ associationsPerCluster: 0 });
    const error = await world.associate(REF).catch(e => e);
    expect(error.message).toMatch(/ResourceLimitExceeded/);
    expect(error.message).toMatch(/Not done: create the association/);
    expect(error.message).toMatch(/5,000 .* AWS does not raise that/);
    expect(error.message).not.toMatch(/ask AWS to raise/);
    expect(error.message).toMatch(
      /"AWS identities" under "Orphans".*aws eks list-pod-identity-associations --region eu-west-1 --cluster-name payments-prod /,
    );
  });

  it('stops between steps when cancelled, lists the finished ones, and a teardown removes them', async () => {
    const controller = new AbortController();
    const reason = new Error('Cancelled by user:default/guest');
    const error = await world
      .associate(
        REF,
        { managedPolicyArns: [S3] },
        {
          signal: controller.signal,
          emit: event => {
            if (
              event.type === 'step' &&
              event.data.id === 'role' &&
              event.data.status === 'done'
            ) {
              controller.abort(reason);
            }
          },
        },
      )
      .catch(e => e);
    expect(error.name).toBe('CancelledError');
    expect(error.message).toMatch(
      /^Cancelled by user:default\/guest\. Done: create the role/,
    );
    expect(error.message).toMatch(/The finished steps remain/);
    expect(world.writes()).toEqual(['iam:CreateRole']);
    const { removed } = await world.teardown(REF);
    expect(removed).toEqual([expect.objectContaining({ kind: 'role' })]);
  });

  it('is cancelled in the middle of a wait', async () => {
    world.sandbox.delays.iam = 3_600_000;
    const controller = new AbortController();
    const error = await world
      .associate(
        REF,
        {},
        {
          signal: controller.signal,
          emit: event => {
            if (event.type === 'step' && event.data.status === 'waiting') {
              controller.abort(new Error('Cancelled'));
            }
          },
        },
      )
      .catch(e => e);
    expect(error.name).toBe('CancelledError');
    expect(error.message).toMatch(/Not done: create the association/);
  });

  it('stops at the next write when the lease is lost', async () => {
    await expect(
      world.associate(
        REF,
        { managedPolicyArns: [S3] },
        {
          beforeWrite: async what => {
            if (what.startsWith('attach')) throw new Error('lease lost');
          },
        },
      ),
    ).rejects.toThrow(/lease lost/);
    expect(world.writes()).toEqual(['iam:CreateRole']);
    expect(world.association(REF)).toBeUndefined();
  });

  it('takes the lease of the role for all writes to it, never two at a time', async () => {
    const { roleArn } = await world.associate(REF, { managedPolicyArns: [S3] });
    await world.teardown(REF);
    expect(world.leases).toEqual([
      `take role ${roleArn}`,
      `give role ${roleArn}`,
      `take role ${roleArn}`,
      `give role ${roleArn}`,
    ]);
  });
});
