import { TestDatabases } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { IDENTITY_ENTITY_NAMESPACE } from 'backstage-plugin-eks-pod-identity-common';
import {
  component,
  FILE,
  type Portal,
  startPortal,
} from './__testUtils__/portal';

const ref = (serviceAccount: string) => ({
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount,
});
const role = (name: string, account = '111122223333') =>
  `arn:aws:iam::${account}:role/pods/${name}`;

const LEDGER = {
  ref: ref('ledger'),
  roleArn: role('ledger'),
  targetRoleArn: role('books', '444455556666'),
  entityRef: 'component:default/ledger',
};
const API = { ref: ref('api'), roleArn: role('ledger') };
const TRIAL = {
  ref: { ...ref('api'), cluster: 'test' },
  roleArn: role('trial'),
};
const LONELY = { ref: ref('lonely'), roleArn: role('lonely') };

/** The ledger is linked by a tag, the API by two annotations, of which one also claims what is the ledger's. */
const COMPANY = [
  component('ledger'),
  component('api', 'prod/payments/api'),
  component('worker', 'prod/payments/api, prod/payments/ledger, no ref'),
];

const nameOf = ({ metadata }: Entity) => metadata.name;
const relationsOf = ({ relations = [] }: Entity, type: string) =>
  relations
    .filter(relation => relation.type === type)
    .map(({ targetRef }) => targetRef)
    .sort();
const entityOf = (name: string) =>
  `resource:${IDENTITY_ENTITY_NAMESPACE}/prod.payments.${name}`;

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('identities in the catalog', () => {
  let portal: Portal;

  afterEach(() => portal?.stop());

  const start = async (provider: Record<string, string | boolean> = {}) => {
    portal = await startPortal({
      databases,
      provider: { owner: 'platform', ...provider },
      entities: COMPANY,
    });
    await portal.record([LEDGER, API, LONELY]);
    await portal.readAnnotations();
    await portal.refresh();
  };

  const named = (entities: Entity[], name: string) =>
    entities.find(one => nameOf(one) === `prod.payments.${name}`)!;

  it('are related to their components, both ways', async () => {
    await start();
    const entities = await portal.entities(3);
    expect(entities.map(nameOf).sort()).toEqual([
      'prod.payments.api',
      'prod.payments.ledger',
      'prod.payments.lonely',
    ]);
    expect(relationsOf(named(entities, 'api'), 'dependencyOf')).toEqual([
      'component:default/api',
      'component:default/worker',
    ]);
    expect(relationsOf(named(entities, 'ledger'), 'dependencyOf')).toEqual([
      'component:default/ledger',
      'component:default/worker',
    ]);
    expect(relationsOf(named(entities, 'lonely'), 'dependencyOf')).toEqual([]);
    const components = await portal.find({ 'metadata.name': 'worker' });
    expect(relationsOf(components[0], 'dependsOn')).toEqual([
      entityOf('api'),
      entityOf('ledger'),
    ]);
  });

  it('belong to the owner of the component that AWS names; a claim makes no owner', async () => {
    await start();
    const entities = await portal.entities(3);
    const owners = (name: string) =>
      relationsOf(named(entities, name), 'ownedBy');
    expect(owners('ledger')).toEqual(['group:default/payments']);
    expect(owners('api')).toEqual(['group:default/platform']);
    expect(owners('lonely')).toEqual(['group:default/platform']);
  });

  it('say no ARN, no account, no role and no verdict', async () => {
    await start();
    const text = JSON.stringify(await portal.entities(3));
    expect(text).not.toMatch(
      /arn:|111122223333|444455556666|books|could-not-check|verified/i,
    );
    expect(text).toContain('"aws.amazon.com/eks-pod-identity":"prod/payments/');
  });

  it('name their roles where app-config lets them, and so who shares one', async () => {
    await start({ showRoleNames: true });
    const entities = await portal.entities(6);
    expect(JSON.stringify(entities)).not.toMatch(
      /arn:|111122223333|444455556666/i,
    );
    const roles = entities.filter(({ spec }) => spec?.type === 'aws-iam-role');
    const titled = (title: string) =>
      roles.find(({ metadata }) => metadata.title === title)!;
    expect(relationsOf(titled('ledger'), 'dependencyOf')).toEqual([
      entityOf('api'),
      entityOf('ledger'),
    ]);
    expect(relationsOf(titled('books'), 'dependencyOf')).toEqual([
      entityOf('ledger'),
    ]);
  });

  it('are said once: nothing changed, nothing is said again', async () => {
    await start();
    await portal.entities(3);
    expect(portal.mutations).toHaveLength(1);
    await portal.refresh();
    expect(portal.mutations).toHaveLength(1);
  });

  it('come, change and go', async () => {
    await start();
    await portal.entities(3);
    await portal.record([LEDGER, API]);
    await portal.refresh();
    const entities = await portal.entities(2);
    expect(entities.map(nameOf).sort()).toEqual([
      'prod.payments.api',
      'prod.payments.ledger',
    ]);
    await portal.company([component('ledger'), component('api')]);
    await portal.refresh();
    expect(portal.mutations).toHaveLength(3);
    await portal.record([]);
    await portal.refresh();
    await portal.entities(0);
    expect(portal.mutations).toHaveLength(4);
    await portal.refresh();
    expect(portal.mutations).toHaveLength(4);
  });

  it('stay where the portal has swept no cluster yet, as after its database was lost', async () => {
    await start({ showRoleNames: true });
    await portal.entities(6);
    await portal.record([], []);
    await portal.refresh();
    expect(portal.mutations).toHaveLength(1);
    await portal.entities(6);
  });

  it('go, come and change where their own cluster was swept, while others stay', async () => {
    await start();
    await portal.record([LEDGER, API, LONELY, TRIAL]);
    await portal.refresh();
    await portal.entities(4);
    await portal.record([LEDGER], ['prod']);
    await portal.refresh();
    const kept = await portal.entities(2);
    expect(kept.map(nameOf).sort()).toEqual([
      'prod.payments.ledger',
      'test.payments.api',
    ]);
    await portal.record([{ ...LEDGER, entityRef: undefined }, API], ['prod']);
    await portal.refresh();
    const more = await portal.entities(3);
    expect(more.map(nameOf)).toContain('test.payments.api');
    await portal.record([LEDGER]);
    await portal.refresh();
    const left = await portal.entities(1);
    expect(left.map(nameOf)).toEqual(['prod.payments.ledger']);
  });

  it('leave a name to the file that has registered it, and say so once', async () => {
    portal = await startPortal({
      databases,
      provider: { owner: 'platform' },
      entities: COMPANY,
    });
    const { metadata, ...other } = component('prod.payments.api');
    const squatter = {
      ...other,
      kind: 'Resource',
      metadata: { ...metadata, namespace: IDENTITY_ENTITY_NAMESPACE },
    };
    await portal.register(squatter);
    await portal.record([LEDGER, API]);
    await portal.refresh();
    await portal.entities(1);
    await portal.refresh();
    expect(portal.mutations).toHaveLength(1);
    const warned = portal.warnings.filter(text => /unregister/i.test(text));
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain(`${entityOf('api')} (${FILE})`);
    await portal.unregister(squatter);
    await portal.refresh();
    await portal.entities(2);
    await portal.refresh();
    expect(portal.mutations).toHaveLength(2);
  });

  it.each([
    ['the identities', '/v1/associations'],
    ['the catalog', '/entities/by-query'],
  ])('stay where %s cannot be read', async (_, path) => {
    await start();
    await portal.entities(3);
    await portal.record([LEDGER]);
    portal.refuse(url => url.startsWith(path));
    await expect(portal.refresh()).rejects.toThrow(
      /the catalog keeps the entities that it has of them/,
    );
    portal.refuse(() => false);
    expect(portal.mutations).toHaveLength(1);
    await portal.entities(3);
  });

  it('are left out unless app-config asks for them', async () => {
    portal = await startPortal({
      databases,
      entities: COMPANY,
    });
    await portal.record([LEDGER]);
    await expect(portal.refresh()).rejects.toThrow();
    expect(portal.mutations).toEqual([]);
  });
});
