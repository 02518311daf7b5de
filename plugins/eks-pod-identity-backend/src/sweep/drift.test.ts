import type { RolesOfAccount } from 'eks-pod-identity-engine/portal';
import { ManualClock } from 'eks-pod-identity-engine/testUtils';
import { createStore, type Store } from '../store';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import type { ObservedAssociation } from '../store/AssociationStore';
import { retryingStore } from '../store/retryingStore';
import { associated } from './__testUtils__/associated';
import { refOf, roleArnOf } from './__testUtils__/SweptAccount';
import { markDrift } from './drift';

const [ASKED, OTHER, THIRD] = ['asked', 'other', 'third'].map(roleArnOf);
const QUEUES = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
const MINUTE = 60_000;
const differs = (role: string) =>
  `The role is ${role}; the last associate set ${ASKED}`;

describe('what differs from the last associate', () => {
  const knex = memoryDatabase();
  let clock: ManualClock;
  let store: Store;
  let told: [name: string, reason: string][];

  beforeEach(() => {
    clock = new ManualClock();
    store = createStore(knex, () => clock.now());
    told = [];
  });

  /** An association of this portal that a sweep has described. */
  const found = async (
    name: string,
    roleArn: string,
    more: Partial<ObservedAssociation> = {},
  ) => {
    const at = clock.now();
    const details = {
      id: name,
      arn: `arn:${name}`,
      roleArn,
      disableSessionTags: false,
      tags: {},
    };
    const one: ObservedAssociation = {
      ref: refOf(name),
      associationId: name,
      arn: details.arn,
      owner: 'portal',
      roleArn,
      orphan: false,
      drift: false,
      details,
      listedAt: at,
      describedAt: at,
      ...more,
    };
    await store.associations.upsert([one]);
    return one;
  };

  /** A sweep that read the roles now. */
  async function mark(
    roles: RolesOfAccount = undefined,
    rolesAt = clock.now(),
  ): Promise<[string, string][]> {
    told = [];
    await markDrift(
      retryingStore(store, clock),
      'prod',
      roles,
      rolesAt,
      async (ref, reason) => void told.push([ref.serviceAccount, reason]),
    );
    return told;
  }
  const stored = async (name: string) => {
    const all = await store.associations.findMany([refOf(name)]);
    const { drift, driftReason } = [...all.values()][0];
    return { drift, driftReason };
  };
  const asks = async (
    name: string,
    ...more: [input?: NonNullable<Parameters<typeof associated>[3]>]
  ) => {
    await associated(store, refOf(name), ASKED, ...more);
    await clock.advance(MINUTE);
  };

  it('is marked, and told once', async () => {
    await asks('api');
    await asks('same');
    await found('api', OTHER);
    await found('same', ASKED);
    expect(await mark()).toEqual([['api', differs(OTHER)]]);
    const marked = { drift: true, driftReason: differs(OTHER) };
    expect(await stored('api')).toEqual(marked);
    expect(await stored('same')).toEqual({ drift: false });
    expect(await mark()).toEqual([]);
    expect(await stored('api')).toEqual(marked);
  });

  it('is said as it is now, without telling again that it differs', async () => {
    await asks('api');
    await found('api', OTHER);
    await mark();
    const drift = await stored('api');
    await found('api', THIRD, drift);
    expect(await mark()).toEqual([]);
    expect(await stored('api')).toEqual({
      drift: true,
      driftReason: differs(THIRD),
    });
  });

  it('ends when the association is as the portal set it again, and the owner hears when it differs later', async () => {
    await asks('api');
    await found('api', OTHER);
    await mark();
    await found('api', ASKED, await stored('api'));
    expect(await mark()).toEqual([]);
    expect(await stored('api')).toEqual({ drift: false });
    await found('api', OTHER);
    expect(await mark()).toHaveLength(1);
  });

  it.each<[string, Partial<ObservedAssociation>]>([
    ['another tool has made', { owner: 'external' }],
    ['an add-on has', { owner: 'addon' }],
    ['was not described yet', { describedAt: undefined, details: undefined }],
  ])('is nothing of an association that %s', async (_, more) => {
    await asks('api');
    const marked = { drift: true, driftReason: differs(OTHER) };
    await found('api', OTHER, { ...more, ...marked });
    expect(await mark()).toEqual([]);
    expect(await stored('api')).toEqual({ drift: false });
  });

  it('is nothing of what this portal was never asked for', async () => {
    await found('api', OTHER);
    expect(await mark()).toEqual([]);
    expect(await stored('api')).toEqual({ drift: false });
  });

  it.each([
    ['before', 1, 1],
    ['when', 0, 0],
    ['after', -1, 0],
  ])(
    'counts where the last associate ended %s the roles were read',
    async (_, ms, times) => {
      await associated(store, refOf('api'), ASKED);
      await found('api', OTHER);
      expect(await mark(undefined, clock.now() + ms)).toHaveLength(times);
      expect((await stored('api')).drift).toBe(times === 1);
    },
  );

  it('is left as it was while an associate might not be in what the sweep saw', async () => {
    await associated(store, refOf('api'), ASKED);
    const marked = { drift: true, driftReason: 'Of the sweep before' };
    await found('api', ASKED, marked);
    await mark();
    expect(await stored('api')).toEqual(marked);
  });

  it('is found of every setting that was seen', async () => {
    const input = { disableSessionTags: true };
    await asks('described', { input });
    await asks('roles', { input });
    await asks('target', { input: { targetRoleArn: THIRD } });
    await found('described', ASKED);
    await found('roles', ASKED, { details: undefined });
    await found('target', ASKED, {
      details: undefined,
      targetRoleArn: OTHER,
    });
    expect(await mark()).toEqual([
      ['described', 'Session tags are on; the last associate turned them off'],
      [
        'target',
        `The target role is ${OTHER}; the last associate set ${THIRD}`,
      ],
    ]);
    expect(await stored('roles')).toEqual({ drift: false });
  });

  it('is found of the policies of its role', async () => {
    const input = { managedPolicyArns: [QUEUES] };
    await asks('api', { input });
    await found('api', ASKED);
    const roleWith = (attached: string[]): RolesOfAccount =>
      new Map([
        [
          ASKED,
          {
            role: { arn: ASKED } as any,
            policies: { attached, inline: [] },
          },
        ],
      ]);
    expect(await mark(roleWith([QUEUES]))).toEqual([]);
    const [[, reason]] = await mark(roleWith([]));
    expect(reason).toMatch(/^The role no longer has AmazonSQSReadOnlyAccess,/);
  });
});
