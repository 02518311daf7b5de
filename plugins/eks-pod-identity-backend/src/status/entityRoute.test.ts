import { mockCredentials } from '@backstage/backend-test-utils';
import { TestDatabaseId } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { POD_IDENTITY_ANNOTATION } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { until } from 'eks-sandbox/patience';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  associate,
  BOB,
  Deny,
  entities,
  follow,
  Replica,
  startReplica,
  verify,
} from '../__testUtils__/testBackend';
import { createStore } from '../store';
import {
  API,
  recorderOn,
  checkResult,
  lookOf,
  reportOf,
} from './__testUtils__/statusReports';

const databases = createTestDatabases();

const claiming = (
  name: string,
  annotation: string,
  more: Record<string, string> = {},
): Entity => ({
  ...entities[0],
  metadata: {
    name,
    namespace: 'default',
    annotations: { [POD_IDENTITY_ANNOTATION]: annotation, ...more },
  },
});

const thirty = Array.from(
  { length: 30 },
  (_, index) => `prod/payments/sa-${index}`,
);

const catalog = [
  ...entities,
  claiming('api', 'prod/payments/api'),
  claiming('pair', 'prod/payments/api,prod/payments/worker'),
  claiming('shopping', 'prod/payments/api,prod/shop/web', {
    'backstage.io/kubernetes-namespace': 'shop',
  }),
  claiming('broken', 'prod/payments/api, oops'),
  claiming('odd-cluster', 'mars/payments/api'),
  claiming('many', thirty.join(',')),
];

/** What every card asks the policy, however many identities it shows. */
const ASKED = [
  'eks-pod-identity.association.read',
  'eks-pod-identity.verification.create',
  'eks-pod-identity.association.delete',
  'eks-pod-identity.association.create',
  'eks-pod-identity.use',
];

describe.each(databases.eachSupportedId())(
  'what a card asks, on %s',
  databaseId => {
    let world: FakeWorld;
    let knex: Knex;
    let replica: Replica;
    let denied: Deny;

    beforeEach(async () => {
      world = new FakeWorld();
      denied = () => false;
      knex = await databases.init(databaseId as TestDatabaseId);
      replica = await startReplica({
        world,
        knex,
        entities: catalog,
        deny: (...args) => denied(...args),
      });
    });

    afterEach(() => replica.stop());

    const card = (name: string, user = ADA) =>
      replica
        .as(user)
        .getEntityIdentities({ kind: 'component', namespace: 'default', name });

    const failure = (promise: Promise<unknown>) =>
      promise.then(
        () => undefined,
        error => ({
          status: error.statusCode,
          name: error.cause?.name,
          message: error.cause?.message,
        }),
      );

    const raw = (
      name: string,
      options: { user?: string; etag?: string } = {},
    ) =>
      fetch(`${replica.baseUrl}/v1/entities/component/default/${name}`, {
        headers: {
          authorization: mockCredentials.user.header(options.user ?? ADA),
          ...(options.etag ? { 'if-none-match': options.etag } : {}),
        },
      });

    it('says that there is none, and whether its owner could make one', async () => {
      expect(await card('shop', BOB)).toEqual({
        entityRef: 'component:default/shop',
        identities: [],
        problems: [],
        hidden: 0,
        canCreate: true,
        signalChannel: expect.stringMatching(/^eks-pod-identity:[0-9a-f]{32}$/),
      });
      // Ada's permissions are the same, and the form would refuse her
      expect(await card('shop', ADA)).toMatchObject({ canCreate: false });
      denied = (_user, permission) => permission.endsWith('.create');
      expect(await card('shop', BOB)).toMatchObject({ canCreate: false });
    });

    it('keeps the good part beside a malformed one', async () => {
      expect(await card('broken')).toMatchObject({
        identities: [{ ref: API, status: 'could-not-check' }],
        problems: [expect.stringContaining('"oops" is not a service account')],
      });
    });

    it('suggests only service accounts that the reader may see', async () => {
      const nearby = ['api2', 'treasury'].map(serviceAccount => ({
        ...API,
        serviceAccount,
      }));
      await recorderOn(knex).write(
        reportOf('failed', {
          status: 'broken',
          checks: [checkResult('association.exists', 'fail', { nearby })],
        }),
      );
      denied = (user, _permission, ref) =>
        user === BOB && (ref?.endsWith('/treasury') ?? false);
      const suggested = async (user: string) => {
        const [identity] = (await card('api', user)).identities;
        return identity.path.flatMap(hop => hop.finding?.nearby ?? []);
      };
      expect(await suggested(ADA)).toEqual(nearby);
      expect(await suggested(BOB)).toEqual(nearby.slice(0, 1));
    });

    describe('what fixes a finding', () => {
      const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
      const found = (...checks: ReturnType<typeof checkResult>[]) =>
        recorderOn(knex).write(reportOf('found', { status: 'broken', checks }));
      const trust = checkResult('role.trust-policy', 'fail', {
        fix: { cause: 'Changed', actions: [], rerun: 'as-before' },
      });
      const outdated = checkResult('workloads.injected', 'warn', {
        fix: { cause: 'Started before', actions: [] },
        restart: [{ kind: 'Deployment', name: 'api', pods: 2 }],
      });
      /** As a sweep sees it. */
      const seen = async (owner: 'portal' | 'external', role = 'api') => {
        const store = createStore(knex, () => Date.now());
        const entityRef = 'component:default/payments-api';
        await store.entityRefs.add([
          { entityRef, ref: API, source: 'aws-tag' },
        ]);
        await store.associations.upsert([
          {
            ref: API,
            associationId: 'a-1',
            arn: 'arn:a-1',
            owner,
            roleArn: `arn:aws:iam::111122223333:role/${role}`,
            entityRef,
            orphan: false,
            drift: false,
            listedAt: 1,
          },
        ]);
      };
      const associated = async (input: Record<string, unknown>) => {
        const ada = replica.as(ADA);
        const { id } = await ada.startOperation(associate('api', input));
        await follow(ada, id);
        expect(await ada.getOperation(id)).toMatchObject({
          state: 'succeeded',
        });
        await seen('portal');
      };
      const offered = async (user: string) => {
        const [identity] = (await card('payments-api', user)).identities;
        const { can, repair, askWhom } = identity;
        return { restart: can.restart, repair, askWhom };
      };

      it('is offered to the owner, with what was asked for last', async () => {
        await associated({ managedPolicyArns: [SQS], restartWorkloads: true });
        expect(await offered(ADA)).toEqual({ restart: false });
        await found(trust, outdated);
        expect(await offered(ADA)).toEqual({
          restart: true,
          repair: { managedPolicyArns: [SQS], restarts: true },
        });
        expect(await offered(BOB)).toEqual({ restart: false, askWhom: 'ada' });
      });

      it('is not offered where AWS names no component: the engine leaves that to administrators', async () => {
        await associated({ managedPolicyArns: [SQS] });
        await found(trust, outdated);
        expect(await offered(ADA)).toMatchObject({ restart: true });
        await knex('owners').delete();
        expect(await offered(ADA)).toEqual({ restart: false });
      });

      it('asks the policy about what it offers only where something can be fixed', async () => {
        await associated({ managedPolicyArns: [SQS] });
        const asked = async () => {
          replica.authorizeCalls.length = 0;
          await card('api');
          return replica.authorizeCalls.map(({ permissions }) => permissions);
        };
        expect(await asked()).toEqual([ASKED]);
        await found(trust);
        expect(await asked()).toEqual([
          ASKED,
          [
            'eks-pod-identity.workload.restart',
            'eks-pod-identity.association.update',
            'eks-pod-identity.agent.install',
          ],
        ]);
      });

      it.each(['create', 'update'])(
        'is not offered without the permission to %s',
        async action => {
          await associated({ managedPolicyArns: [SQS] });
          await found(trust, outdated);
          denied = (_user, permission) =>
            permission === `eks-pod-identity.association.${action}` ||
            permission === 'eks-pod-identity.workload.restart';
          expect(await offered(ADA)).toEqual({ restart: false });
        },
      );

      it('keeps what the form does not ask for, and is none where it cannot say it', async () => {
        await associated({ roleName: 'by-hand' });
        await found(trust);
        expect((await offered(ADA)).repair).toEqual({
          managedPolicyArns: [],
          keepSettings: true,
          restarts: true,
        });
        await associated({
          roleArn: 'arn:aws:iam::111122223333:role/api',
          managedPolicyArns: [SQS],
        });
        await found(trust);
        expect((await offered(ADA)).repair).toBeUndefined();
        await associated({ roleArn: 'arn:aws:iam::111122223333:role/api' });
        await found(trust);
        expect((await offered(ADA)).repair).toEqual({
          roleArn: 'arn:aws:iam::111122223333:role/api',
          restarts: true,
        });
      });

      it('sets back a role that someone changed outside the portal', async () => {
        await associated({ managedPolicyArns: [SQS] });
        await found(trust);
        await seen('portal', 'other');
        expect((await offered(ADA)).repair).toEqual({
          managedPolicyArns: [SQS],
          replaceRole: true,
          restarts: true,
        });
      });

      it('is nothing of an association that the portal did not make', async () => {
        await associated({ managedPolicyArns: [SQS] });
        await found(trust, outdated);
        const store = createStore(knex, () => Date.now());
        const [association] = await store.associations.ofCluster('prod');
        await store.associations.upsert([
          { ...association, owner: 'external' },
        ]);
        expect(await offered(ADA)).toEqual({ restart: false });
      });
    });

    it('says when the annotation names a cluster the portal does not know', async () => {
      expect(await card('odd-cluster')).toMatchObject({
        identities: [
          {
            clusterKnown: false,
            status: 'could-not-check',
            headline: 'Could not check: The portal knows no cluster mars.',
            sentence: 'The portal knows no cluster mars.',
            path: [],
            can: { verify: false, remove: false, restart: false },
          },
        ],
      });
    });

    it('shows thirty of one entity, the worst first, with one authorize call', async () => {
      const { write } = recorderOn(knex);
      await write(
        reportOf('bad', {
          ref: { ...API, serviceAccount: 'sa-17' },
          status: 'broken',
          checks: [checkResult('credentials.identity', 'fail')],
        }),
        reportOf('good', { ref: { ...API, serviceAccount: 'sa-3' } }),
      );
      replica.authorizeCalls.length = 0;
      const { identities } = await card('many');
      expect(replica.authorizeCalls).toHaveLength(1);
      expect(identities).toHaveLength(30);
      expect(identities[0]).toMatchObject({
        ref: { serviceAccount: 'sa-17' },
        status: 'broken',
      });
      expect(identities.at(-1)).toMatchObject({
        ref: { serviceAccount: 'sa-3' },
        status: 'verified',
      });
    });

    it('has one that could not be checked before a verified one only where nothing is known of it', async () => {
      const { write } = recorderOn(knex);
      const worker = { ...API, serviceAccount: 'worker' };
      const unseen = {
        status: 'could-not-check',
        way: 'unknown',
        trigger: 'user',
      } as const;
      const shown = async () =>
        (await card('pair')).identities.map(
          ({ ref, status }) => `${ref.serviceAccount} ${status}`,
        );
      await write(reportOf('good', { ref: worker }), lookOf('unseen', unseen));
      expect(await shown()).toEqual(['api could-not-check', 'worker verified']);

      await write(reportOf('old'), lookOf('unseen-again', unseen));
      expect(await shown()).toEqual(['api could-not-check', 'worker verified']);

      const finishedAt = new Date().toISOString();
      await write(
        reportOf('proof', { finishedAt }),
        lookOf('unseen-now', { ...unseen, finishedAt }),
      );
      expect(await shown()).toEqual(['worker verified', 'api could-not-check']);
    });

    it('is 404 with a sentence for what the catalog does not give', async () => {
      expect(await failure(card('nobody'))).toEqual({
        status: 404,
        name: 'NotFoundError',
        message:
          'The catalog has no entity component:default/nobody that you may see',
      });
    });

    it('is 403 where nothing is readable, and a number where something is not', async () => {
      denied = (user, permission, ref) =>
        user === BOB &&
        permission.endsWith('.read') &&
        ref === 'prod/payments/api';
      expect(await failure(card('api', BOB))).toMatchObject({
        status: 403,
        name: 'NotAllowedError',
        message: expect.stringContaining('eks-pod-identity.association.read'),
      });
      const some = await card('pair', BOB);
      expect(some.hidden).toBe(1);
      expect(some.identities.map(each => each.ref.serviceAccount)).toEqual([
        'worker',
      ]);
      expect(JSON.stringify(some)).not.toContain('payments/api');
      expect(await card('pair')).toMatchObject({ hidden: 0 });
    });

    it('reads nothing of many that the caller is not allowed to see', async () => {
      denied = (user, permission) =>
        user === BOB && permission === 'eks-pod-identity.association.read';
      await failure(card('many', BOB));
      const named: number[] = [];
      const count = ({ sql, bindings }: Knex.Sql) => {
        const isRead =
          /^(select|with)/.test(sql) && !/"owners"|`owners`/.test(sql);
        if (isRead) named.push(bindings.filter(one => one === 'sa-7').length);
      };
      knex.on('query', count);
      const seen = (user: string) =>
        card('many', user)
          .catch(() => undefined)
          .then(() => named.splice(0).reduce((all, one) => all + one, 0));
      expect(await seen(ADA)).toBeGreaterThan(3);
      expect(await seen(BOB)).toBeLessThan(2);
      knex.off('query', count);
    });

    it('says what the caller may do with each', async () => {
      denied = (_user, permission, ref) =>
        (permission === 'eks-pod-identity.verification.create' &&
          ref === 'prod/payments/api') ||
        (permission === 'eks-pod-identity.association.delete' &&
          ref === 'prod/payments/worker');
      const { identities } = await card('pair');
      const can = new Map(
        identities.map(each => [each.ref.serviceAccount, each.can]),
      );
      expect(can.get('api')).toMatchObject({ verify: false, remove: true });
      expect(can.get('worker')).toMatchObject({ verify: true, remove: false });
    });

    it('is verified by a proof, and shows its path', async () => {
      await recorderOn(knex).write(
        reportOf('proof', {
          checks: [
            checkResult('workloads.injected', 'pass', {
              counts: { what: 'pods', good: 5, all: 5 },
            }),
            checkResult('credentials.identity', 'pass'),
            checkResult('permissions.list', 'pass'),
          ],
        }),
      );
      const { identities } = await card('api');
      expect(identities[0]).toMatchObject({
        status: 'verified',
        provenAt: '2026-01-01T00:00:00.000Z',
        lastProof: { id: 'proof' },
      });
      expect(
        identities[0].path.map(hop => [hop.id, hop.status, hop.detail]),
      ).toEqual([
        ['pods', 'pass', '5 of 5'],
        ['service-account', 'skip', ''],
        ['association', 'skip', ''],
        ['role', 'skip', ''],
        ['policies', 'skip', ''],
        ['permissions', 'pass', 'permissions.list'],
      ]);
    });

    it('is changed when a look sees another identity than the proven one', async () => {
      await recorderOn(knex).write(
        reportOf('proof'),
        lookOf('look', { fingerprint: 'B' }),
      );
      expect((await card('api')).identities[0]).toMatchObject({
        status: 'looks-right',
        changedSince: 'proof',
        provenAt: '2026-01-01T00:00:00.000Z',
        lookedAt: '2026-01-02T00:00:00.000Z',
      });
    });

    it('is degraded by a later look, and names the finding on its hop', async () => {
      await recorderOn(knex).write(
        reportOf('proof'),
        lookOf('look', {
          status: 'partly-works',
          checks: [
            checkResult('workloads.injected', 'warn', {
              message: 'Restart payments-api: 2 of 5 pods run without it.',
              counts: { what: 'pods', good: 3, all: 5 },
              fix: {
                cause: 'Started before',
                actions: [],
              },
            }),
          ],
        }),
      );
      const [identity] = (await card('api')).identities;
      expect(identity).toMatchObject({
        status: 'partly-works',
        provenAt: '2026-01-01T00:00:00.000Z',
        path: [
          {
            id: 'pods',
            status: 'warn',
            detail: '3 of 5',
            finding: {
              checkId: 'workloads.injected',
              message: 'Restart payments-api: 2 of 5 pods run without it.',
              fix: {
                cause: 'Started before',
                actions: [],
              },
            },
          },
          {},
          {},
          {},
          {},
          {},
        ],
      });
    });

    it('stays failed after a clean look, until what failed changes', async () => {
      const { write } = recorderOn(knex);
      const bad = reportOf('bad', {
        status: 'broken',
        proof: 'none',
        checks: [checkResult('role.trust-policy', 'fail')],
      });
      await write(bad, lookOf('look'));
      expect((await card('api')).identities[0]).toMatchObject({
        status: 'broken',
        path: expect.arrayContaining([
          expect.objectContaining({ id: 'role', status: 'fail' }),
        ]),
      });
      await write(
        lookOf('later', {
          fingerprint: 'B',
          finishedAt: '2026-01-03T00:00:00.000Z',
        }),
      );
      expect((await card('api')).identities[0]).toMatchObject({
        status: 'looks-right',
        changedSince: 'failure',
      });
    });

    it('keeps its last truth while the cluster cannot be read, and says since when and why', async () => {
      const { store, write } = recorderOn(knex);
      await write(reportOf('proof'));
      await store.clusterStates.failed('prod', 'no route to AWS');
      expect((await card('api')).identities[0]).toMatchObject({
        status: 'verified',
        stale: { reason: 'no route to AWS', since: expect.any(String) },
      });
      await store.clusterStates.finished('prod', undefined);
      expect((await card('api')).identities[0].stale).toBeUndefined();
    });

    it('does not call true what no sweep has seen for a day, though nothing failed', async () => {
      const { write } = recorderOn(knex);
      await write(reportOf('proof'));
      const daysAgo = Date.now() - 2 * 86_400_000;
      const { clusterStates } = createStore(knex, () => daysAgo);
      await clusterStates.finished('prod', undefined);
      const stale = {
        since: new Date(daysAgo).toISOString(),
        reason: expect.stringContaining('No full sweep of this cluster'),
      };
      expect((await card('api')).identities[0]).toMatchObject({
        status: 'verified',
        stale,
      });
      expect(await replica.as(ADA).listClusters()).toMatchObject([
        { id: 'prod', stale },
        { id: 'test' },
      ]);
      await createStore(knex, Date.now).clusterStates.finished(
        'prod',
        undefined,
      );
    });

    it('shows that a verification runs, and its outcome when it has ended', async () => {
      const held = world.hold('probe');
      const ada = replica.as(ADA);
      const { id } = await ada.startOperation(verify());
      await held.reached;
      expect((await card('api')).identities[0].verifying).toEqual({
        operationId: id,
        mine: true,
      });
      held.open();
      await follow(ada, id);
      // The headline follows the end of the operation within milliseconds
      const after = await until(async () => {
        const [identity] = (await card('api')).identities;
        return !identity.verifying && identity;
      });
      expect(after).toMatchObject({
        status: 'verified',
        sources: ['annotation'],
      });
    });

    it('is not modified for the same caller only, and no longer once anything is', async () => {
      const { write } = recorderOn(knex);
      await write(reportOf('proof'));
      // The first opening has it looked at
      await until(async () =>
        (await card('api')).identities.every(({ looking }) => !looking),
      );
      const first = await raw('api');
      const etag = first.headers.get('etag')!;
      expect(first.headers.get('cache-control')).toBe('private, no-cache');
      expect((await raw('api', { etag })).status).toBe(304);
      // The same answer to the letter, made for somebody else
      const other = await raw('api', { etag, user: BOB });
      expect(other.status).toBe(200);
      expect(await other.json()).toEqual(await first.json());
      denied = (user, permission) =>
        user === BOB && permission.endsWith('.read');
      expect((await raw('api', { etag, user: BOB })).status).toBe(403);
      // What the caller may do is part of what the tag stands for
      denied = (_user, permission) => permission.endsWith('.delete');
      expect((await raw('api', { etag })).status).toBe(200);
      denied = () => false;
      await write(
        lookOf('look', {
          status: 'broken',
          checks: [checkResult('role.exists', 'fail')],
        }),
      );
      expect((await raw('api', { etag })).status).toBe(200);
    });

    it.each(['shop', 'api', 'many'])(
      'reads the entity once and asks the policy once, for %s',
      async name => {
        await card(name);
        expect(replica.catalogCalls).toEqual(['getEntityByRef']);
        expect(replica.authorizeCalls).toEqual([
          { user: ADA, permissions: ASKED },
        ]);
      },
    );

    it('shows what AWS links to the entity before what only its annotation claims', async () => {
      const order = async () =>
        (await card('pair')).identities.map(({ ref, sources }) => [
          ref.serviceAccount,
          sources,
        ]);
      expect(await order()).toEqual([
        ['api', ['annotation']],
        ['worker', ['annotation']],
      ]);
      await knex('entity_refs')
        .where({ entity_ref: 'component:default/pair' })
        .andWhere({ service_account: 'worker' })
        .update({ source: 'aws-tag' });
      expect(await order()).toEqual([
        ['worker', ['aws-tag', 'annotation']],
        ['api', ['annotation']],
      ]);
    });

    it('shows what is in the namespace of the entity before what it claims elsewhere', async () => {
      const { identities } = await card('shopping');
      expect(identities.map(({ ref }) => ref.namespace)).toEqual([
        'shop',
        'payments',
      ]);
    });

    it('forgets what an annotation no longer claims', async () => {
      await card('pair');
      const links = () =>
        knex('entity_refs')
          .where({ entity_ref: 'component:default/pair' })
          .select('service_account', 'source');
      expect(await links()).toHaveLength(2);
      const { store } = recorderOn(knex);
      await store.entityRefs.add([
        {
          entityRef: 'component:default/pair',
          ref: { ...API, serviceAccount: 'old' },
          source: 'annotation',
        },
      ]);
      const { identities } = await card('pair');
      expect(identities).toHaveLength(2);
      expect(await links()).toHaveLength(2);
    });

    it('needs somebody who is signed in', async () => {
      const response = await fetch(
        `${replica.baseUrl}/v1/entities/component/default/api`,
        { headers: { authorization: mockCredentials.none.header() } },
      );
      expect(response.status).toBe(401);
    });
  },
);
