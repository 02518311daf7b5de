import { TestDatabaseId } from '@backstage/backend-test-utils';
import {
  stringifyServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { createTestDatabases } from '../__testUtils__/databases';
import { createStore, migrationsDirectory, NewOperationRecord, Store } from '.';
import { queuedAssociate } from './__testUtils__/queuedAssociate';

const databases = createTestDatabases();

const refs = ['api', 'jobs', 'untouched', 'planned', 'removed'].map(
  serviceAccount => ({
    cluster: 'prod',
    namespace: 'payments',
    serviceAccount,
  }),
);
const [api, jobs, untouched, planned, removed] = refs;
const byRef = <T>(entries: [(typeof refs)[number], T][]) =>
  new Map(entries.map(([ref, one]) => [stringifyServiceAccountRef(ref), one]));

describe.each(databases.eachSupportedId())(
  'what is asked of many refs at once on %s',
  databaseId => {
    let store: Store;
    let now: number;

    beforeEach(async () => {
      const knex = await databases.init(databaseId as TestDatabaseId);
      await knex.migrate.latest({ directory: migrationsDirectory });
      now = Date.parse('2026-01-01T00:00:00.000Z');
      store = createStore(knex, () => now);
    });

    const finish = (
      id: string,
      state: 'succeeded' | 'failed' = 'succeeded',
      result: object = { applied: true, changed: true },
    ) =>
      store.transaction(tx =>
        store.operations.finish(
          [id],
          { state, seq: 1, result: result as any },
          tx,
        ),
      );
    const running = queuedAssociate('running', api);

    let operations = 0;
    async function changed(
      ref: (typeof refs)[number],
      extra: Partial<NewOperationRecord> = {},
      state: 'succeeded' | 'failed' = 'succeeded',
      result: object = { applied: true, changed: true },
    ) {
      now += 1000;
      operations += 1;
      const id = `operation-${operations}`;
      const { cluster, ...rest } = ref;
      await store.operations.insert({
        ...running,
        id,
        runId: id,
        ref,
        input: { clusterName: cluster, ...rest },
        ...extra,
      });
      await finish(id, state, result);
    }

    it('are the changes that are found for each alone', async () => {
      await changed(api);
      for (let index = 0; index < 27; index += 1) {
        await changed(api, {}, 'failed');
      }
      await changed(api, {}, 'succeeded', { applied: true, changed: false });
      await changed(jobs);
      await changed(jobs, { kind: 'verify' });
      const { cluster, ...rest } = planned;
      await changed(planned, {
        input: { clusterName: cluster, ...rest, planOnly: true },
      });
      await changed(removed);
      await changed(removed, { kind: 'teardown' });
      await changed({ ...api, cluster: 'test' });

      const last = await store.changes.lastOfMany(refs);
      const versions = await store.changes.versions(refs);
      for (const ref of refs) {
        const key = stringifyServiceAccountRef(ref);
        const { at, associate } = last.get(key) ?? {};
        expect(at).toBe(await store.changes.lastAt(ref));
        expect(associate).toEqual(await store.changes.lastAssociate(ref));
        expect(versions.get(key)).toBe(await store.changes.version(ref));
      }
      expect([...last.keys()].sort()).toEqual(
        [api, jobs, removed].map(stringifyServiceAccountRef),
      );
      expect(
        last.get(stringifyServiceAccountRef(api))!.associate,
      ).toBeDefined();
      expect(versions.has(stringifyServiceAccountRef(untouched))).toBe(false);
    });

    describe('where their moves stand', () => {
      const name = stringifyServiceAccountRef(api);
      const until = (stage: string) => ({
        kind: 'migrate' as const,
        input: {
          clusterName: api.cluster,
          namespace: api.namespace,
          serviceAccount: api.serviceAccount,
          until: stage,
        } as any,
      });
      const migrated = (state: string, stage = 'moved') =>
        changed(api, until(stage), 'succeeded', { kind: 'migrate', state });
      const stands = async () =>
        (await store.moveStates.ofRefs(refs)).get(name);

      it.each([
        ['moving', { state: 'waiting', stage: 'restart' }],
        ['moved', { state: 'moved', stage: 'old-trust' }],
        ['finished', { state: 'finished', stage: 'annotation' }],
      ])('is at its stage where it ended %s', async (state, expected) => {
        await migrated(state, state === 'finished' ? 'finished' : 'moved');
        const since = new Date(now).toISOString();
        expect(await stands()).toEqual({ ...expected, since });
        // What touches nothing of it, or came before it
        await changed(api, until('rehearsal'), 'succeeded', {
          kind: 'migrate',
          state: 'rehearsed',
        });
        const { input } = until('moved');
        const plan = {
          ...until('moved'),
          input: { ...input, planOnly: true },
        };
        await changed(api, plan);
        await changed(api, { kind: 'teardown' }, 'failed');
        await changed(api);
        expect(await stands()).toEqual({ ...expected, since });
        expect(await store.moveStates.ofRefs([jobs])).toEqual(new Map());
      });

      it('is the last of going there and back', async () => {
        await migrated('moved');
        await changed(api, { kind: 'rollback' }, 'failed');
        expect(await stands()).toMatchObject({ state: 'moved' });
        await store.operations.insert({ ...running, kind: 'rollback' });
        expect(await stands()).toMatchObject({ state: 'going-back' });
        await finish(running.id);
        expect(await stands()).toBeUndefined();
      });

      it.each([
        ['moved', 'role.trust', 'trust'],
        ['moved', 'role.trust.rehearsal', 'rehearsal'],
        ['moved', 'restart.deployment.api', 'restart'],
        ['finished', 'probe', 'old-trust'],
        ['finished', 'role.trust', 'old-trust'],
      ])(
        'is the stage of the step that runs: until %s, %s',
        async (stage, id, expected) => {
          await store.operations.insert({ ...running, ...until(stage) });
          expect(await stands()).toEqual({
            state: 'moving',
            since: new Date(now).toISOString(),
          });
          for (const step of ['role', id]) {
            await store.events.append(running.id, {
              type: 'step',
              data: { id: step, status: 'started', message: 'It runs.' },
            });
          }
          expect(await stands()).toMatchObject({ stage: expected });
        },
      );
    });

    const report = (
      id: string,
      minutes: number,
      extra: Partial<VerificationReport>,
    ): VerificationReport => {
      const at = new Date(now + minutes * 60_000).toISOString();
      return {
        id,
        ref: api,
        trigger: 'schedule',
        status: 'looks-right',
        proof: 'none',
        probe: 'none',
        startedAt: at,
        finishedAt: at,
        checks: [],
        engineVersion: '1',
        ...extra,
      };
    };

    it('are the reports that are found for each alone', async () => {
      const proof = { probe: 'pod', status: 'broken' } as const;
      await store.reports.insertMany(
        [
          report('old-proof', 1, proof),
          report('proof', 2, proof),
          report('look', 3, {}),
          report('same-time', 3, {}),
          report('jobs-proof', 4, { ...proof, ref: jobs }),
          report('test', 5, { ref: { ...api, cluster: 'test' } }),
        ].map(one => ({ report: one })),
      );
      await store.reports.insertMany([{ report: report('look', 9, {}) }]);
      const last = await store.reports.lastOfMany(refs);
      expect([...last.keys()].sort()).toEqual(
        [api, jobs].map(stringifyServiceAccountRef),
      );
      for (const ref of [api, jobs]) {
        expect(last.get(stringifyServiceAccountRef(ref))).toEqual({
          proof: await store.reports.lastProof(ref),
          look: await store.reports.lastLook(ref),
        });
      }
    });

    it('are the links of each', async () => {
      const link = {
        entityRef: 'component:default/api',
        ref: api,
        source: 'aws-tag' as const,
      };
      const claim = { ...link, source: 'annotation' as const };
      await store.entityRefs.add([
        link,
        claim,
        { ...link, ref: jobs },
        { ...link, ref: { ...api, cluster: 'test' } },
      ]);
      const found = await store.entityRefs.ofRefs([api, untouched]);
      expect([...found.keys()]).toEqual([stringifyServiceAccountRef(api)]);
      expect([...found.values()][0]).toHaveLength(2);
      expect([...found.values()][0]).toEqual(
        expect.arrayContaining([link, claim]),
      );
    });

    it('are the links of one source that are rewritten', async () => {
      const to = (name: string) => `component:default/${name}`;
      const links = [api, jobs, removed].map(ref => ({
        ref,
        entityRef: to('old'),
        source: 'aws-tag' as const,
      }));
      const claim = { ...links[0], source: 'annotation' as const };
      await store.entityRefs.add([...links, claim]);
      await store.entityRefs.relink('aws-tag', [
        { ref: api, entityRef: to('new') },
        { ref: planned, entityRef: to('new') },
        { ref: removed },
      ]);
      const found = await store.entityRefs.ofRefs(refs);
      const names = (ref: typeof api) =>
        found
          .get(stringifyServiceAccountRef(ref))
          ?.map(({ entityRef, source }) => `${source} ${entityRef}`)
          .sort();
      expect(refs.map(names)).toEqual([
        ['annotation component:default/old', 'aws-tag component:default/new'],
        ['aws-tag component:default/old'],
        undefined,
        ['aws-tag component:default/new'],
        undefined,
      ]);
    });

    it('are owners, each with what it means for the headline of its identity', async () => {
      const state = { status: 'looks-right' as const, headline: 'Fine.' };
      const known = [api, jobs, planned];
      for (const ref of known)
        await store.serviceAccounts.set({ ref, ...state });
      const owner = { entityRef: 'component:default/api', ownerRefs: ['a'] };
      await store.owners.setMany(known.map(ref => ({ ref, owner })));
      for (const ref of known)
        await store.serviceAccounts.set({ ref, ...state });
      const later = [
        { ref: api, owner: { ...owner, uid: 'u', ownerRefs: ['b'] } },
        { ref: jobs, owner: { ...owner, entityRef: 'component:default/jobs' } },
        { ref: removed, owner },
      ];
      await store.owners.setMany(later);
      expect(await store.owners.findMany(refs)).toEqual(
        byRef([
          ...later.map(one => [one.ref, one.owner] as [typeof api, object]),
          [planned, owner],
        ]),
      );
      const states = await store.serviceAccounts.findMany(refs);
      const headline = (ref: typeof api) =>
        states.get(stringifyServiceAccountRef(ref))?.headline;
      expect([api, planned].map(headline)).toEqual(['Fine.', 'Fine.']);
      expect(headline(jobs)).not.toBe('Fine.');
    });

    it('are headlines that nothing else has written', async () => {
      const state = { status: 'looks-right' as const, headline: 'Fine.' };
      await store.serviceAccounts.set({ ref: api, ...state, lookedAt: 1 });
      expect(
        await store.serviceAccounts.insertMany([
          { ref: api, ...state, headline: 'Late.' },
          { ref: jobs, ...state },
        ]),
      ).toEqual(new Set([stringifyServiceAccountRef(jobs)]));
      const read = await store.serviceAccounts.findMany(refs);
      await store.serviceAccounts.set({ ref: jobs, ...state, lookedAt: 5 });
      expect(await store.serviceAccounts.looked([...read.values()], 7)).toEqual(
        new Set([stringifyServiceAccountRef(api)]),
      );
      expect(await store.serviceAccounts.findMany(refs)).toEqual(
        byRef([
          [api, expect.objectContaining({ ...state, lookedAt: 7, version: 2 })],
          [jobs, expect.objectContaining({ lookedAt: 5, version: 2 })],
        ]),
      );
    });
  },
);
