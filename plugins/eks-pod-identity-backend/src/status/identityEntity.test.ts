import { TestDatabaseId } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { POD_IDENTITY_ANNOTATION } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { carryOut, tasksByHand } from '../__testUtils__/byHand';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  associate,
  BOB,
  type Deny,
  entities,
  Replica,
  startReplica,
  verify,
} from '../__testUtils__/testBackend';
import { createStore } from '../store';
import {
  API,
  checkResult,
  recorderOn,
  reportOf,
} from './__testUtils__/statusReports';

const databases = createTestDatabases();

const NAME = 'prod.payments.api';
const ENTITY_REF = `resource:aws-identities/${NAME}`;
/** What the catalog module makes of the identity of Ada's API. */
const identityEntity: Entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Resource',
  metadata: {
    name: NAME,
    namespace: 'aws-identities',
    annotations: { [POD_IDENTITY_ANNOTATION]: 'prod/payments/api' },
  },
  spec: { type: 'aws-identity', owner: ADA },
  relations: [{ type: 'ownedBy', targetRef: ADA }],
};

describe.each(databases.eachSupportedId())(
  'the entity of an identity, on %s',
  databaseId => {
    let knex: Knex;
    let replica: Replica;
    let denied: Deny;
    const { tasks, scheduler } = tasksByHand();

    beforeEach(async () => {
      denied = () => false;
      knex = await databases.init(databaseId as TestDatabaseId);
      replica = await startReplica({
        world: new FakeWorld(),
        knex,
        scheduler,
        entities: [...entities, identityEntity],
        deny: (...args) => denied(...args),
      });
    });

    afterEach(() => replica.stop());

    const page = (user = ADA) =>
      replica.as(user).getEntityIdentities({
        kind: 'resource',
        namespace: 'aws-identities',
        name: NAME,
      });

    /** As a sweep sees it that nothing on AWS links to a component. */
    const seen = () =>
      createStore(knex, () => Date.now()).associations.upsert([
        {
          ref: API,
          associationId: 'a-1',
          arn: 'arn:a-1',
          owner: 'portal',
          roleArn: 'arn:aws:iam::111122223333:role/api',
          orphan: false,
          drift: false,
          listedAt: 1,
        },
      ]);

    it('says the status, and offers to do nothing about it', async () => {
      await carryOut(replica.as(ADA), associate());
      await seen();
      const trust = checkResult('role.trust-policy', 'fail', {
        fix: { cause: 'Changed', actions: [], rerun: 'as-before' },
      });
      await recorderOn(knex).write(
        reportOf('found', { status: 'broken', checks: [trust] }),
      );
      const { identities, canCreate, problems } = await page();
      expect(problems).toEqual([]);
      expect(canCreate).toBe(false);
      expect(identities).toHaveLength(1);
      expect(identities[0]).toMatchObject({ ref: API, status: 'broken' });
      expect(identities[0].can).toEqual({
        verify: false,
        remove: false,
        restart: false,
      });
      expect(identities[0]).not.toHaveProperty('repair');
    });

    it('shows it to those who may see the identity', async () => {
      denied = (user, permission) =>
        user === BOB && permission === 'eks-pod-identity.association.read';
      await expect(page(BOB)).rejects.toMatchObject({
        cause: {
          message: expect.stringMatching(/not allowed to see the AWS identity/),
        },
      });
      expect((await page()).identities).toHaveLength(1);
    });

    it('claims nothing, whether its page is opened or the catalog read', async () => {
      await seen();
      await page();
      await tasks.get('catalog-annotations')!(new AbortController().signal);
      const { items } = await replica.as(ADA).listAssociations();
      expect(items).toHaveLength(1);
      expect(items[0]).not.toHaveProperty('entityRef');
      expect(await knex('entity_refs').select()).toEqual([]);
    });

    it.each([
      ['given to', associate],
      ['verified for', verify],
    ])('is none that an identity can be %s', async (_, request) => {
      await expect(
        replica
          .as(ADA)
          .startOperation(request('api', { entityRef: ENTITY_REF })),
      ).rejects.toMatchObject({
        cause: {
          message: expect.stringContaining(
            `${ENTITY_REF} stands for an AWS identity and runs under none`,
          ),
        },
      });
    });
  },
);
