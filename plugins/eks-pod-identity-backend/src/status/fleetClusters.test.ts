import {
  agentInstallPermission,
  associationCreatePermission,
  associationReadPermission,
  clusterSweepPermission,
  setupReadPermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Caller } from '../permissions/caller';
import { podIdentityConditions } from '../permissions/permissionRules';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { openFleet, refOf } from './__testUtils__/openFleet';
import { denied, only, user } from './__testUtils__/PolicedPortal';

const knex = memoryDatabase();
const [ADA, CAROL] = ['ada', 'carol'].map(user);
const { isInCluster, isInNamespace } = podIdentityConditions;

describe('the clusters', () => {
  const ids = async (made: ReturnType<typeof openFleet>, caller = ADA) =>
    (await made.fleet.clusters(caller)).map(({ id }) => id);

  it('are those on which a caller may do something, with what they may see', async () => {
    const made = openFleet(knex);
    const { portal, has, store, fleet } = made;
    await has(refOf('api'));
    await store.clusterStates.finished('prod', {
      version: 'v1.3.4',
      ready: 3,
      needed: 4,
    });
    await store.clusterStates.failed('test', 'No route.');
    const [prod, test] = await fleet.clusters(ADA);
    expect(prod).toMatchObject({
      id: 'prod',
      title: 'Cluster prod',
      counts: { 'could-not-check': 1 },
      agentVersion: 'v1.3.4',
      agentCoverage: { ready: 3, needed: 4 },
      lastSweepAt: new Date(portal.clock.now()).toISOString(),
    });
    expect(prod.stale).toBeUndefined();
    expect(test).toMatchObject({ counts: {}, stale: { reason: 'No route.' } });
    expect(test.agentCoverage).toBeUndefined();
    portal.decide = (asking, name) =>
      denied(associationReadPermission)(asking, name) ??
      only(associationCreatePermission, isInCluster({ clusters: ['test'] }))(
        asking,
        name,
      );
    expect(await ids(made)).toEqual(['test']);
    portal.decide = only(
      associationReadPermission,
      isInNamespace({ namespaces: ['other'] }),
    );
    expect((await fleet.clusters(ADA))[0].counts).toEqual({});
    portal.decide = denied({ name: 'eks-pod-identity.use' });
    await expect(fleet.clusters(ADA)).rejects.toThrow(
      'not allowed to use the pages',
    );
    portal.decide = denied(associationReadPermission);
    expect((await fleet.clusters(ADA))[0].counts).toEqual({});
    portal.decide = denied(
      associationReadPermission,
      associationCreatePermission,
    );
    expect(await ids(made)).toEqual([]);
  });

  it('say how far the use was read to those who may see all of them', async () => {
    const { portal, fleet } = openFleet(knex, {}, { readsUse: true });
    const evidence = async () => (await fleet.clusters(ADA))[0].evidence;
    expect(await evidence()).toMatchObject({ state: 'unread', total: 0 });
    portal.decide = only(
      associationReadPermission,
      isInCluster({ clusters: ['prod'] }),
    );
    expect(await evidence()).toBeUndefined();
    expect(
      (await openFleet(knex).fleet.clusters(ADA))[0].evidence,
    ).toBeUndefined();
  });

  const OPEN = {
    changes: true,
    installAgent: true,
    createNamespace: true,
  };
  it.each<[string, object, { name: string }[], Caller, string[]]>([
    [
      'all to an administrator',
      OPEN,
      [],
      CAROL,
      ['create', 'installAgent', 'createNamespace', 'sweep', 'setup'],
    ],
    [
      'no setup to others',
      OPEN,
      [],
      ADA,
      ['create', 'installAgent', 'createNamespace', 'sweep'],
    ],
    [
      'no setup without its permission',
      OPEN,
      [setupReadPermission],
      CAROL,
      ['create', 'installAgent', 'createNamespace', 'sweep'],
    ],
    [
      'no sweep without its permission',
      OPEN,
      [clusterSweepPermission],
      ADA,
      ['create', 'installAgent', 'createNamespace'],
    ],
    [
      'no namespace to those who may create nothing',
      OPEN,
      [associationCreatePermission],
      ADA,
      ['installAgent', 'sweep'],
    ],
    [
      'no agent without its permission',
      OPEN,
      [agentInstallPermission],
      ADA,
      ['create', 'createNamespace', 'sweep'],
    ],
    [
      'no agent where the portal installs none',
      { ...OPEN, installAgent: false },
      [],
      ADA,
      ['create', 'createNamespace', 'sweep'],
    ],
    [
      'no namespace where the portal makes none',
      { ...OPEN, createNamespace: false },
      [],
      ADA,
      ['create', 'installAgent', 'sweep'],
    ],
    [
      'no change where the portal changes nothing',
      { ...OPEN, changes: false },
      [],
      ADA,
      ['sweep'],
    ],
  ])('allow %s', async (_, allow, refused, caller, expected) => {
    const { portal, fleet } = openFleet(knex, { clusters: { allow } });
    portal.decide = denied(...refused);
    const [{ can }] = await fleet.clusters(caller);
    expect(
      Object.entries(can!).flatMap(([what, is]) => (is ? what : [])),
    ).toEqual(expected);
  });
});
