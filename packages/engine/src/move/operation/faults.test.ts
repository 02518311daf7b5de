import {
  askedBy,
  type Asking as Asker,
} from '../../lifecycle/__testUtils__/asking';
import type { CatalogEntity } from '../../identity/entityRecord';
import {
  MoveWorld,
  NAME,
  NAMESPACE,
  programs,
  REF,
  workload,
} from '../__testUtils__/MoveWorld';

const HOUR = 3_600_000;
const [HELD] = programs();

let world: MoveWorld;
afterEach(() => world.stop());
const writes = () =>
  world.world.sandbox.calls
    .calls()
    .filter(
      ({ internal, operation, principalArn, write }) =>
        write &&
        !internal &&
        operation !== 'AssumeRole' &&
        principalArn?.includes('backstage'),
    )
    .map(({ operation }) => operation);
const kube = () => world.world.kube();
const annotate = (roleArn: string | undefined) =>
  kube().change('serviceaccounts', NAMESPACE, NAME, ({ metadata }) => {
    metadata.annotations = roleArn
      ? { 'eks.amazonaws.com/role-arn': roleArn }
      : {};
  });
const none = async () => {
  await world.world.sandbox.clock.advance(7 * HOUR);
  expect(world.asking.refusals()).toEqual([]);
};

describe('a move without CloudTrail', () => {
  it('stops after each workload until somebody confirms it', async () => {
    world = await MoveWorld.start({ cloudTrail: false });
    const first = await world.migrate({ until: 'moved' });
    expect(first).toMatchObject({
      state: 'moving',
      toConfirm: ['Deployment fresh'],
    });
    expect((await world.asking.roads()).sort()).toEqual(['container', 'irsa']);
    const still = await world.migrate({ until: 'moved' });
    expect(still).toMatchObject({ state: 'moving', changed: false });
    expect(still.warnings.join()).toMatch(
      /Confirm first that these work by Pod Identity: Deployment fresh\./,
    );
    const second = await world.migrate({
      until: 'moved',
      confirmed: ['Deployment fresh'],
    });
    expect(second).toMatchObject({
      state: 'moving',
      toConfirm: ['Deployment held'],
    });
    const last = await world.migrate({
      until: 'moved',
      confirmed: ['Deployment fresh', 'Deployment held'],
    });
    expect(last).toMatchObject({ state: 'moved', changed: false });
    await none();
  });
});

describe('a move that fails', () => {
  it('goes back by itself where new pods do not start', async () => {
    world = await MoveWorld.start();
    const began = world.migrate(
      { until: 'moved', timeoutSeconds: 60 },
      {
        emit: async event => {
          if (event.type === 'log' && /goes back/.test(event.data.message)) {
            await kube().taint([]);
          }
          if (event.type !== 'step') return;
          if (event.data.id !== 'proof.deployment.fresh') return;
          if (event.data.status !== 'done') return;
          // Nothing new finds a place from here on
          await kube().taint([{ key: 'full', effect: 'NoSchedule' }]);
        },
      },
    );
    await expect(began).rejects.toThrow(/The move was taken back/);
    expect(world.association()).toBeUndefined();
    expect((await world.asking.roads()).sort()).toEqual(['irsa', 'irsa']);
    await none();
  });

  it('@night makes the association again where IRSA does not come back in time', async () => {
    world = await MoveWorld.start();
    await world.migrate({ until: 'moved' });
    const ended = world.rollback(
      {},
      {
        guard: {
          beforeWrite: async what => {
            if (/^delete the association/.test(what)) annotate(undefined);
          },
          withLease: async (_key, work) => work(),
        },
      },
    );
    await expect(ended).rejects.toThrow(
      /The association was made again, so that pods with Pod Identity keep it/,
    );
    expect(world.association()).toBeDefined();
    expect(await world.asking.roads()).toEqual(['container', 'container']);
    await none();
  });

  it('deletes nothing before a pod has obtained the role by IRSA', async () => {
    world = await MoveWorld.start();
    await world.migrate({ until: 'moved' });
    // What no trust policy shows: the provider is for other audiences now
    const url = kube().issuer;
    world.world.sandbox.aws.iam.putOidcProvider({ url, clientIds: ['other'] });
    world.world.sandbox.calls.reset();
    await expect(world.rollback()).rejects.toThrow(
      /A test pod did not obtain the role by IRSA: .*InvalidIdentityToken/,
    );
    expect(writes()).toEqual(['create pods', 'delete pods']);
    expect(world.association()).toBeDefined();
    expect(await world.asking.roads()).toEqual(['container', 'container']);
  });

  it('waits by the gate where EKS shows a deleted association for long', async () => {
    world = await MoveWorld.start();
    await world.migrate({ until: 'moved' });
    world.world.sandbox.delays.associationDelete = 75_000;
    await world.rollback();
    expect(await world.asking.roads()).toEqual(['irsa', 'irsa']);
    await none();
    expect(world.association()).toBeUndefined();
  });
});

describe('a move that would take something away is refused before anything is written', () => {
  /** What it says, and what it wrote all the same. */
  const refused = async (): Promise<string> => {
    world.world.sandbox.calls.reset();
    const said = await world.migrate({ until: 'moved' }).then(
      ({ state }) => state,
      error => error.message,
    );
    return [said, ...writes()].join('\n');
  };

  it('a role that does not let Pod Identity in', async () => {
    world = await MoveWorld.start({ trusted: false });
    expect(await refused()).toMatch(
      /Nothing was changed.*ask its owner to add \{.*sts:TagSession[^\n]*$/,
    );
  });

  it('a workload that no restart replaces, unless that is accepted', async () => {
    world = await MoveWorld.start({
      running: [
        {
          ...HELD,
          kind: 'StatefulSet',
          spec: { updateStrategy: { type: 'OnDelete' } },
        },
      ],
    });
    expect(await refused()).toMatch(
      /there is no way back without refused requests: .*OnDelete[^\n]*$/,
    );
    const moved = await world.migrate({
      until: 'moved',
      acceptNoWayBack: true,
    });
    expect(moved.state).toBe('moving');
    expect(moved.warnings.join()).toMatch(/no way back.*OnDelete/);
  });

  it('a service account that nothing leads from to AWS', async () => {
    world = await MoveWorld.start();
    annotate(undefined);
    expect(await refused()).toMatch(/^Nothing was changed: .*$/);
  });

  it('a rehearsal whose service account belongs to somebody else', async () => {
    world = await MoveWorld.start();
    await kube().apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: `${NAME}-move-rehearsal`, namespace: NAMESPACE },
    } as any);
    expect(await refused()).toMatch(
      /service account shop\/api-move-rehearsal is there already, and no rehearsal made it[^\n]*$/,
    );
    expect(world.rehearsals()).toHaveLength(1);
  });
});

it('leaves an identity alone that has the name of a rehearsal', async () => {
  world = await MoveWorld.start();
  const serviceAccount = `${NAME}-move-rehearsal`;
  const { tags } = await theirs(serviceAccount);
  await expect(world.migrate()).rejects.toThrow(/no rehearsal made it/);
  expect(world.rehearsals()).toMatchObject([{ serviceAccount, tags }]);
});

/** An identity that the portal made, for another request. */
async function theirs(serviceAccount: string) {
  const { aws } = world.world.sandbox;
  await world.migrate({ until: 'moved' });
  const { tags } = world.association()!;
  await world.rollback();
  return aws.eks.putAssociation(REF.cluster, {
    namespace: NAMESPACE,
    serviceAccount,
    roleArn: world.roleArn,
    tags: { ...tags, 'backstage.io/k8s-service-account': serviceAccount },
  });
}

describe('an insider', () => {
  const MINE = 'component:default/mine';
  const catalog = new Map<string, CatalogEntity>();
  const as = (asker: Asker) => askedBy(asker, catalog, MINE);

  it('moves nothing of a component that they do not own', async () => {
    world = await MoveWorld.start();
    const other = as({ claims: ['user:default/eve'] });
    for (const entityRef of [MINE, undefined]) {
      await expect(
        world.migrate({ until: 'moved', entityRef }, other),
      ).rejects.toThrow(/entityRef/);
      await expect(world.rollback({ entityRef }, other)).rejects.toThrow(
        /entityRef/,
      );
    }
    expect(writes()).toEqual([]);
  });

  it('moves nothing with a role that no guardrail and no tag gives them', async () => {
    world = await MoveWorld.start();
    // The annotation is theirs to write, the role is not theirs to use
    const foreign = world.access.role('foreign', [world.access.oidc(NAME)]);
    annotate(foreign);
    const owner = as({ owns: [MINE] });
    const ended = world.migrate({ until: 'moved', entityRef: MINE }, owner);
    await expect(ended).rejects.toThrow(
      /You are not allowed to use the role .*foreign/,
    );
    await expect(ended).rejects.not.toThrow(/Condition|oidc/);
    expect(writes()).toEqual([]);
  });

  it('takes nothing back that was moved for another component', async () => {
    const other = 'component:default/theirs';
    world = await MoveWorld.start({ component: other });
    const owner = 'group:default/theirs';
    catalog.set(other, {
      entityRef: other,
      uid: 'uid-theirs',
      ownerRefs: [owner],
    });
    const moved = await world.migrate(
      { until: 'moved', entityRef: other },
      {
        ...askedBy({ claims: [owner] }, catalog, other),
      },
    );
    expect(moved.state).toBe('moved');
    world.world.sandbox.calls.reset();
    await expect(
      world.rollback({ entityRef: MINE }, as({ owns: [MINE] })),
    ).rejects.toThrow(/was made for another component/);
    await expect(
      world.migrate({ until: 'moved', entityRef: MINE }, as({ owns: [MINE] })),
    ).rejects.toThrow(/was made for another component/);
    expect(writes()).toEqual([]);
    expect(world.association()).toBeDefined();
  });

  it('needs the permission of each way', async () => {
    world = await MoveWorld.start();
    const granted = new Set(['eks-pod-identity.association.read']);
    await expect(
      world.migrate({ until: 'moved' }, { granted }),
    ).rejects.toThrow(/needs the permission eks-pod-identity.migration.create/);
    await world.migrate({ until: 'moved' });
    await expect(world.rollback({}, { granted })).rejects.toThrow(
      /needs the permission eks-pod-identity.migration.rollback/,
    );
  });

  it('takes back no association that was made by hand', async () => {
    world = await MoveWorld.start();
    world.access.associate(NAME, world.roleArn);
    await world.access.effective(NAME);
    await expect(world.rollback()).rejects.toThrow(
      /no move of this portal made the association/,
    );
    expect(world.association()).toMatchObject({ namespace: REF.namespace });
    expect(workload(HELD).kind).toBe('Deployment');
  });
});
