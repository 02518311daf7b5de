import type { PolicyDecision } from '@backstage/plugin-permission-common';
import {
  type AccessNodeGroup,
  associationReadPermission,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
} from '../permissions/permissionRules';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import type { StoredAccess } from '../store/AccessStore';
import { accessRow, AT, found, nameOf } from './__testUtils__/accessRows';
import {
  ALLOW,
  DENY,
  PolicedPortal,
  user,
} from './__testUtils__/PolicedPortal';

const knex = memoryDatabase();
const READ = associationReadPermission;
const CAROL = user('carol');
const API = 'component:default/api';
const SHOP = 'component:default/shop';
const { isInNamespace } = podIdentityConditions;
const inShop = isInNamespace({ namespaces: ['shop'] });

function opened(section: object = {}) {
  const portal = new PolicedPortal(knex, {
    administrators: ['user:default/carol'],
    ...section,
  });
  return {
    portal,
    access: portal.services.access,
    has: (...rows: StoredAccess[]) => found(portal.store, rows),
  };
}

describe('the access that the card of an entity shows', () => {
  const decisions = async (read: PolicyDecision) => ({
    read,
    verify: ALLOW,
  });
  const IN_SHOP = createPodIdentityConditionalDecision(READ, inShop);
  const linked = (
    name: string,
    by: NonNullable<StoredAccess['entity']>['by'] = 'namespace',
    more: Parameters<typeof accessRow>[1] = {},
  ): StoredAccess => ({
    row: accessRow(name, more),
    entity: { entityRef: SHOP, by },
  });

  it('has rows without Pod Identity, with what links each, as far as the caller may read it', async () => {
    const { access, has } = opened();
    await has(
      linked('shop/web', 'tag'),
      linked('shop/mailer'),
      linked('shop/both', 'tag', { roads: ['static-keys', 'pod-identity'] }),
      linked('payments/far', 'annotation'),
    );
    const card = async (
      read: PolicyDecision,
      claimed: Parameters<typeof access.ofEntity>[1] = [],
    ) =>
      (
        await access.ofEntity(SHOP, claimed, {
          credentials: CAROL,
          deciding: decisions(read),
        })
      )?.map(item => [nameOf(item), item.linkedBy]);
    expect((await card(ALLOW))?.sort()).toEqual([
      ['payments/far', 'annotation'],
      ['shop/mailer', 'namespace'],
      ['shop/web', 'tag'],
    ]);
    expect((await card(IN_SHOP))?.map(([name]) => name).sort()).toEqual([
      'shop/mailer',
      'shop/web',
    ]);
    expect(await card(DENY)).toBeUndefined();
    const hidden = isInNamespace({ namespaces: ['hidden'] });
    expect(
      await card(createPodIdentityConditionalDecision(READ, hidden)),
    ).toBeUndefined();
  });

  it('has what its annotation claims, whatever else it is linked to', async () => {
    const { access, has } = opened();
    await has({
      ...linked('shop/web'),
      entity: { entityRef: API, by: 'tag' },
    });
    const rows = await access.ofEntity(
      SHOP,
      [{ cluster: 'prod', namespace: 'shop', serviceAccount: 'web' }],
      { credentials: CAROL, deciding: decisions(ALLOW) },
    );
    expect(rows).toMatchObject([
      {
        linkedBy: 'annotation',
        clusterTitle: 'Cluster prod',
        lookedAt: AT,
        role: { exists: true },
      },
    ]);
  });

  it('has at most 20 rows, and none where the portal does not look', async () => {
    const many = Array.from({ length: 30 }, (_, at) => linked(`shop/sa-${at}`));
    const asker = { credentials: CAROL, deciding: decisions(ALLOW) };
    const { access, has } = opened();
    await has(...many);
    expect(await access.ofEntity(SHOP, [], asker)).toHaveLength(20);
    expect(await access.ofEntity(API, [], asker)).toBeUndefined();
    const off = opened({ inventory: { enabled: false } }).access;
    expect(await off.ofEntity(SHOP, [], asker)).toBeUndefined();
    expect(await off.asNodeOf(SHOP, asker.deciding)).toBeUndefined();
  });

  it('has pods that may act as their node and have no road of their own', async () => {
    const { portal, access } = opened();
    const { store } = portal;
    const candidate = (
      name: string,
      by: 'namespace' | 'team' = 'namespace',
      entityRef = SHOP,
    ) => {
      const [namespace, serviceAccount] = name.split('/');
      return {
        namespace,
        serviceAccount,
        workload: `Deployment ${serviceAccount}`,
        pods: 2,
        entity: { entityRef, by },
      };
    };
    const group = (
      programs: AccessNodeGroup['programs'],
      ...candidates: ReturnType<typeof candidate>[]
    ) => ({
      kind: 'node-group' as const,
      nodes: 1,
      lookedAt: 1,
      compute: ['EC2'],
      roles: [],
      programs,
      sentence: 'It acts.',
      candidates,
    });
    const program = { name: 'boto3', lastAt: AT, calls: [] };
    await store.access.replace(
      {
        cluster: 'prod',
        at: AT,
        gaps: [],
        nodeGroups: [
          group(
            [program],
            candidate('shop/batch'),
            ...['b', 'c', 'd'].map(name => ({
              ...candidate('shop/batch'),
              workload: `Deployment ${name}`,
            })),
            candidate('shop/web'),
            candidate('shop/late'),
            candidate('hidden/job'),
            candidate('shop/of-team', 'team'),
            candidate('shop/of-api', 'namespace', API),
          ),
          group([], candidate('shop/idle')),
        ],
      },
      [linked('shop/web')],
    );
    await store.associations.upsert([
      {
        ref: { cluster: 'prod', namespace: 'shop', serviceAccount: 'late' },
        associationId: 'a-1',
        arn: '',
        owner: 'portal',
        orphan: false,
        drift: false,
        listedAt: 1,
      },
    ]);
    const uses = async (read: PolicyDecision) =>
      (await access.asNodeOf(SHOP, decisions(read)))?.map(nameOf);
    expect(await uses(ALLOW)).toEqual(['shop/batch', 'hidden/job']);
    expect(await uses(IN_SHOP)).toEqual(['shop/batch']);
    expect(await uses(DENY)).toBeUndefined();
    const elsewhere = isInNamespace({ namespaces: ['other'] });
    expect(
      await uses(createPodIdentityConditionalDecision(READ, elsewhere)),
    ).toBeUndefined();
    const [batch] = (await access.asNodeOf(SHOP, decisions(ALLOW)))!;
    expect(batch).toEqual({
      ref: { cluster: 'prod', namespace: 'shop', serviceAccount: 'batch' },
      clusterTitle: 'Cluster prod',
      lookedAt: AT,
      linkedBy: 'namespace',
      workloads: ['Deployment batch', 'Deployment b', 'Deployment c'],
      workloadCount: 4,
      pods: 8,
    });
    expect(
      await access.asNodeOf('component:default/none', decisions(ALLOW)),
    ).toBe(undefined);
  });
});
