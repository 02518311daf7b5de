import type { V1ServiceAccount } from '@kubernetes/client-node';
import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const ENTITY = 'component:default/api';
const PROD = 'payments-prod';
const AUTO = 'platform-auto';

/** The live state, one line per resource, so that two states can be compared and printed. */
async function look(world: LifecycleWorld): Promise<string[]> {
  const { aws } = world.sandbox;
  const lines = aws.iam
    .roles()
    .filter(({ path, tags }) => path === '/backstage/' || tags.story)
    .map(role => {
      const sids = world
        .trustOf(role.arn)
        .Statement.map(({ Sid }: { Sid?: string }) => Sid ?? 'no Sid')
        .join(', ');
      const policies = role.attached.map(arn => arn.split('/').pop());
      return `role ${role.name} [${sids}] policies: ${
        policies.join(', ') || 'none'
      }`;
    });
  for (const { name } of world.sandbox.connections()) {
    for (const association of aws.eks.associations(name)) {
      if (association.namespace === 'kube-system') continue;
      lines.push(
        `association ${name}/${association.namespace}/${
          association.serviceAccount
        } -> ${association.roleArn.split('/').pop()}${
          association.ownerArn ? ' (of an add-on)' : ''
        }`,
      );
    }
    for (const namespace of ['shop', 'a-b', 'a']) {
      for (const serviceAccount of ['api', 'c', 'b-c']) {
        const found = await world
          .kube(name)
          .find<V1ServiceAccount>('ServiceAccount', serviceAccount, namespace);
        if (!found) continue;
        const managers = found.metadata?.managedFields?.map(
          ({ manager }) => manager,
        );
        lines.push(
          `ServiceAccount ${name}/${namespace}/${serviceAccount} written by ${managers?.join(
            ', ',
          )}`,
        );
      }
    }
  }
  return lines.sort();
}

function show(title: string, lines: string[]) {
  const body = lines.length ? lines : ['nothing'];
  const story = expect.getState().currentTestName?.replace('Stories ', '');
  process.stdout.write(
    `  ${story}\n    ${title}\n${body.map(line => `      ${line}\n`).join('')}`,
  );
}

/** Runs one step of a story and prints the state before, the action and the state after. */
async function tell(
  world: LifecycleWorld,
  what: string,
  act: () => Promise<unknown>,
): Promise<{ before: string[]; after: string[] }> {
  const before = await look(world);
  show(`${what}: before`, before);
  await act();
  const after = await look(world);
  show(`${what}: after`, after);
  return { before, after };
}

describe('Stories', () => {
  let world: LifecycleWorld;
  const kube = (cluster = PROD) => world.kube(cluster);

  beforeEach(async () => {
    world = await LifecycleWorld.start({ clusters: [PROD, AUTO], portals: {} });
    for (const name of ['main', 'other']) {
      world.addPortal(name, {
        clusters: [{ name: PROD }, { name: AUTO }],
        section: {
          guardrails: {
            roles: { adopt: ['arn:aws:iam::111122223333:role/legacy*'] },
          },
        },
      });
    }
    for (const namespace of ['shop', 'a-b', 'a']) {
      await kube().namespace(namespace);
    }
  });
  afterEach(() => world.stop());

  const ref = (cluster = PROD, namespace = 'shop', name = 'api') =>
    `${cluster}/${namespace}/${name}`;

  it('1: two portals on one account', async () => {
    await world.associate(ref(), {}, { portal: 'other' });
    const { before, after } = await tell(
      world,
      'this portal tries to associate and to remove what the other one created',
      async () => {
        await expect(world.associate(ref())).rejects.toThrow(
          /other\.example\.com/,
        );
        await world.teardown(ref(), { force: true });
      },
    );
    expect(after).toEqual(before);
    await tell(world, 'the other portal removes it', () =>
      world.teardown(ref(), {}, { portal: 'other' }),
    );
    expect(world.association(ref())).toBeUndefined();
  });

  it('2: a-b/c next to a/b-c', async () => {
    await world.associate(ref(PROD, 'a-b', 'c'));
    const own = await look(world);
    await world.associate(ref(PROD, 'a', 'b-c'));
    const { after } = await tell(world, 'a/b-c is torn down', () =>
      world.teardown(ref(PROD, 'a', 'b-c')),
    );
    expect(after).toEqual(own);
  });

  it.each([
    [PROD, AUTO],
    [AUTO, PROD],
  ])(
    '3: a role shared by two clusters, torn down on %s first',
    async (one, two) => {
      const empty = await look(world);
      const { roleArn } = await world.associate(ref(PROD), {
        entityRef: ENTITY,
        managedPolicyArns: [S3],
      });
      await world.associate(ref(AUTO), { entityRef: ENTITY, roleArn });
      const first = await tell(world, `torn down on ${one}`, () =>
        world.teardown(ref(one), { entityRef: ENTITY }),
      );
      expect(first.after.find(line => line.startsWith('role eks-'))).toMatch(
        /AmazonS3ReadOnlyAccess/,
      );
      expect(world.association(ref(two))?.roleArn).toBe(roleArn);
      const last = await tell(world, `torn down on ${two}`, () =>
        world.teardown(ref(two), { entityRef: ENTITY }),
      );
      expect(last.after).toEqual(empty);
    },
  );

  it('4: an adopted role', async () => {
    world.sandbox.aws.iam.putRole({
      name: 'legacy-reader',
      attached: [S3],
      tags: { story: 'yes' },
    });
    const empty = await look(world);
    await tell(world, 'the role is used', () =>
      world.associate(ref(), {
        roleArn: 'arn:aws:iam::111122223333:role/legacy-reader',
        managedPolicyArns: [S3],
      }),
    );
    const { after } = await tell(world, 'and torn down', () =>
      world.teardown(ref()),
    );
    expect(after).toEqual(empty);
  });

  it('5: an association that an add-on owns', async () => {
    const role = world.sandbox.aws.iam.putRole({
      name: 'addon',
      tags: { story: 'yes' },
    });
    world.sandbox.aws.eks.putAssociation(PROD, {
      namespace: 'shop',
      serviceAccount: 'api',
      roleArn: role.arn,
      ownerArn: `arn:aws:eks:eu-west-1:111122223333:addon/${PROD}/cw/1`,
    });
    const { before, after } = await tell(
      world,
      'associated and torn down',
      async () => {
        await expect(world.associate(ref())).rejects.toThrow(/add-on/);
        await world.teardown(ref(), { force: true });
      },
    );
    expect(after).toEqual(before);
  });

  it('6: a service account that Helm owns', async () => {
    await kube().serviceAccount(
      'shop',
      'api',
      { labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
      'helm',
    );
    const empty = await look(world);
    await tell(world, 'an identity for it', () => world.associate(ref()));
    const { after } = await tell(world, 'taken away', () =>
      world.teardown(ref()),
    );
    expect(after).toEqual(empty);
  });

  it('7: a role that was recreated', async () => {
    const { roleArn } = await world.associate(ref(), {
      managedPolicyArns: [S3],
    });
    const whole = await look(world);
    world.sandbox.aws.iam.deleteRole(roleArn!);
    const { after } = await tell(world, 'its role was deleted; once more', () =>
      world.associate(ref(), { managedPolicyArns: [S3] }),
    );
    expect(after).toEqual(whole);
    const { name, path } = world.role(roleArn)!;
    world.sandbox.aws.iam.putRole({ name, path });
    await tell(world, 'another owner created a role of that name', async () => {
      await expect(
        world.associate(ref(), { managedPolicyArns: [S3] }),
      ).rejects.toThrow(/but taken; a new role needs another name/);
      await world.teardown(ref());
    });
    expect(world.role(roleArn)).toBeDefined();
    expect(world.association(ref())).toBeUndefined();
  });

  it('8: a cluster that was deleted', async () => {
    const { roleArn } = await world.associate(ref(AUTO));
    await world.sandbox.deleteCluster(AUTO);
    await tell(world, 'taken away', () => world.teardown(ref(AUTO)));
    expect(world.role(roleArn)).toBeUndefined();
  });

  it('9: a roll-back on a healthy identity', async () => {
    await world.associate(ref(), {}, { taskId: 'first' });
    await world.associate(ref(), {}, { taskId: 'second' });
    const { before, after } = await tell(
      world,
      'the second task is rolled back',
      () => world.teardown(ref(), { createdByTask: 'second' }),
    );
    expect(after).toEqual(before);
    expect((await world.associate(ref())).effective).toBe('yes');
  });

  it('10: a retry after a roll-back', async () => {
    const empty = await look(world);
    await expect(
      world.associate(
        ref(),
        { managedPolicyArns: [S3] },
        {
          taskId: 'first',
          beforeWrite: async what => {
            if (what.startsWith('create the association')) {
              throw new Error('the network went away');
            }
          },
        },
      ),
    ).rejects.toThrow(/the network went away/);
    const { after } = await tell(world, 'half an identity is rolled back', () =>
      world.teardown(ref(), { createdByTask: 'first' }),
    );
    expect(after).toEqual(empty);
    await tell(world, 'tried again by the same task', async () => {
      const again = await world.associate(
        ref(),
        { managedPolicyArns: [S3] },
        { taskId: 'first' },
      );
      expect(again).toMatchObject({ changed: true, effective: 'yes' });
    });
  });
});
