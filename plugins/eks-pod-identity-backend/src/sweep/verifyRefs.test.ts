import type {
  CheckResult,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type {
  FactProviders,
  Verification,
  VerifyContext,
  VerifyRequest,
} from 'eks-pod-identity-engine';
import { checkResult, lookOf } from '../status/__testUtils__/statusReports';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { retryingStore } from '../store/retryingStore';
import { associated } from './__testUtils__/associated';
import {
  BAD,
  refOf,
  roleArnOf,
  SweptAccount,
} from './__testUtils__/SweptAccount';
import { type SweepFacts, verifyRefs } from './verifyRefs';

const API = refOf('api');
const ROLE = roleArnOf('api');
const SHOP = {
  entityRef: 'component:default/shop',
  uid: 'u-1',
  ownerRefs: [],
};
/** How long a change may take to reach every API server. */
const GATE = 90_000;
const SECOND = 1_000;
const KNOWN: FactProviders = { association: async () => ({} as any) };

const failed = (category: CheckResult['category']) =>
  checkResult(`${category}.one`, 'fail');

describe('a look at identities without a pod', () => {
  const knex = memoryDatabase();
  let account: SweptAccount;
  let stopping: AbortController;
  /** What was verified, in turn. */
  let asked: {
    request: VerifyRequest;
    context: VerifyContext;
    known?: FactProviders;
  }[];
  /** What the next verifications find; afterwards all is well. */
  let findings: CheckResult[][];
  /** Runs while each is verified. */
  let during: (ref: ServiceAccountRef) => unknown;

  beforeEach(() => {
    account = new SweptAccount(knex, {
      clusters: [
        {
          name: 'prod',
          region: 'eu-west-1',
          accountId: '111122223333',
          sweep: { probe: 'admission' },
          namespaces: { allow: ['shop', 'tools'], deny: ['tools'] },
        },
        { name: 'next', region: 'eu-west-1', accountId: '111122223333' },
      ],
    });
    stopping = new AbortController();
    asked = [];
    findings = [];
    during = () => {};
  });

  const verification = {
    verify: async (request, context, known) => {
      asked.push({ request, context, known });
      await during(request.ref);
      return lookOf(`report-${asked.length}`, {
        ref: request.ref,
        checks: findings.shift() ?? [checkResult('role.exists', 'pass')],
      });
    },
  } as Verification;

  const look = (
    refs: ServiceAccountRef[],
    facts: Partial<SweepFacts> = {},
    search?: { note: (looks: object[]) => Promise<void> },
  ) =>
    verifyRefs(
      refs,
      {
        known: KNOWN,
        observedAt: account.clock.now(),
        modifiedAt: () => undefined,
        ...facts,
      },
      {
        ...account.sweepOptions(),
        store: retryingStore(account.store, account.clock),
        verification,
        search: search as any,
        signal: stopping.signal,
      },
    );
  const recorded = async (ref: ServiceAccountRef) =>
    (await account.store.reports.lastLook(ref))?.id;

  it('records what was found of each', async () => {
    expect(await look([API, refOf('web')])).toBe(2);
    expect(await recorded(API)).toBe('report-1');
    expect(await recorded(refOf('web'))).toBe('report-2');
    const state = await account.store.serviceAccounts.find(API);
    expect(state).toMatchObject({ status: 'looks-right' });
    expect(asked[0].request).toMatchObject({
      ref: API,
      trigger: 'schedule',
      permissionChecks: [],
      changedAt: undefined,
    });
    await expect(
      asked[0].context.guard.beforeWrite('create a role'),
    ).rejects.toThrow('A sweep must not write');
  });

  it('compares with the entity of the tag, whatever others claim', async () => {
    const { entityRefs } = account.store;
    const { entityRef } = SHOP;
    const other = 'component:default/other';
    await entityRefs.add([
      { entityRef: other, ref: API, source: 'annotation' },
      { entityRef, ref: API, source: 'aws-tag' },
      { entityRef: other, ref: refOf('web'), source: 'annotation' },
    ]);
    await look([API, refOf('web'), refOf('bare')]);
    const refs = asked.map(({ request }) => request.entityRef);
    expect(refs).toEqual([entityRef, undefined, undefined]);
  });

  it.each([
    ['the same component asked for', SHOP, ROLE],
    ['another component asked for', { ...SHOP, uid: 'u-0' }, undefined],
  ])('knows what %s', async (_, holder, roleArn) => {
    await account.store.owners.set(API, SHOP);
    await associated(account.store, API, ROLE, { holder });
    await look([API, refOf('web')]);
    const [api, web] = asked.map(({ context }) => context.lastAssociate);
    expect(api?.input.roleArn).toBe(roleArn);
    expect(web).toBeUndefined();
  });

  describe('tries whether a pod would be admitted', () => {
    const probes = () => asked.map(({ request }) => request.probe);
    const ago = (ms: number) => account.clock.now() - ms;

    it('only in namespaces that are open to the portal', async () => {
      const inTools = { ...API, namespace: 'tools' };
      await look([API, inTools, { ...API, namespace: 'elsewhere' }]);
      expect(probes()).toEqual(['admission', 'none', 'none']);
    });

    it('only where the cluster has it so', async () => {
      await look([{ ...API, cluster: 'next' }]);
      expect(probes()).toEqual(['none']);
    });

    it.each([
      ['none', GATE - 1],
      ['admission', GATE],
    ])('as %s, %i ms after an operation', async (probe, ms) => {
      await associated(account.store, API, ROLE);
      await account.clock.advance(ms);
      await look([API], { modifiedAt: () => 0 });
      expect(probes()).toEqual([probe]);
      expect(asked[0].request.changedAt).toBe(ago(ms));
    });

    it.each([
      ['none', GATE - 1],
      ['admission', GATE],
    ])('as %s, %i ms after another tool has been at it', async (probe, ms) => {
      const modified = ago(ms);
      const modifiedAt = (ref: ServiceAccountRef) =>
        ref === API ? modified : undefined;
      await look([API, refOf('web')], { modifiedAt });
      expect(probes()).toEqual([probe, 'admission']);
    });
  });

  it.each([
    ['before', 1, KNOWN],
    ['when', 0, {}],
    ['after', -1, {}],
  ])(
    'reads all that hangs on it, unless an operation was at it %s the sweep read it',
    async (_, ms, facts) => {
      await associated(account.store, API, ROLE);
      await look([API, refOf('web')], {
        observedAt: account.clock.now() + ms,
      });
      expect(asked.map(({ known }) => known)).toEqual([facts, KNOWN]);
    },
  );

  describe('where it fails', () => {
    const readAgain = jest.fn(async (_: ServiceAccountRef) => true);
    beforeEach(() => readAgain.mockClear());

    it.each<[string, CheckResult[], number]>([
      ['the association', [failed('association')], 2],
      ['the role', [checkResult('agent.runs', 'pass'), failed('role')], 2],
      ['another part', [failed('agent')], 1],
      ['nothing', [checkResult('role.one', 'warn')], 1],
    ])('by %s, looks again at what changed', async (_, checks, times) => {
      findings = [checks];
      await look([API], { readAgain });
      expect(readAgain.mock.calls).toEqual(times === 2 ? [[API]] : []);
      expect(asked).toHaveLength(times);
      expect(await recorded(API)).toBe(`report-${times}`);
    });

    it('is content with what it found where that is as it was', async () => {
      findings = [[failed('role')], [failed('role')]];
      await look([API], { readAgain: async () => false });
      await look([refOf('web')]);
      expect(asked).toHaveLength(2);
      expect(await recorded(API)).toBe('report-1');
    });
  });

  it.each([
    [5 * SECOND, 2],
    [5 * SECOND - 2, 3],
  ])('that took %i ms for two stores these first: %i', async (ms, count) => {
    during = () => account.clock.advance(ms / 2);
    const refs = ['a', 'b', 'c', 'd'].map(refOf);
    expect(await look(refs)).toBe(count);
    expect(await recorded(refs[count - 1])).toBe(`report-${count}`);
    expect(await recorded(refs[count])).toBeUndefined();
  });

  it('records nothing of what changes while it is looked at, nor searches for who did', async () => {
    await account.store.owners.set(API, SHOP);
    await associated(account.store, API, ROLE);
    const changed = refOf('web');
    during = ref => ref === changed && associated(account.store, ref, BAD);
    const noted: object[] = [];
    const note = async (looks: object[]) => void noted.push(...looks);
    expect(await look([API, changed, refOf('new')], {}, { note })).toBe(3);
    expect(await recorded(API)).toBe('report-1');
    expect(await recorded(changed)).toBeUndefined();
    expect(await recorded(refOf('new'))).toBe('report-3');
    const idOf = (id: string) => expect.objectContaining({ id });
    expect(noted).toEqual([
      {
        look: idOf('report-1'),
        version: expect.stringMatching(/succeeded/),
        holder: SHOP,
      },
      { look: idOf('report-3'), version: undefined, holder: undefined },
    ]);
  });

  it('ends where its sweep does, and records nothing', async () => {
    during = () => stopping.abort(new Error('The sweep has ended'));
    await expect(look([API, refOf('web')])).rejects.toThrow('has ended');
    expect(asked).toHaveLength(1);
    expect(await recorded(API)).toBeUndefined();
  });
});
