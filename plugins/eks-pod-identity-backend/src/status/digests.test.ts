import type {
  IdentityStatus,
  TrustShape,
} from 'backstage-plugin-eks-pod-identity-common';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { accessRow, found } from './__testUtils__/accessRows';
import { announcing, has } from './__testUtils__/announcing';
import { API } from './__testUtils__/statusReports';
import { areNew, notesNow } from './digests';

const knex = memoryDatabase();

it('sends each owner one digest of what does not work, worst first', async () => {
  const { store, notifier, send, findMany } = announcing(knex);
  const identity = async (
    serviceAccount: string,
    status: IdentityStatus,
    ownerRefs: string[],
    cluster = 'prod',
  ) => {
    const ref = { ...API, cluster, serviceAccount };
    await has(store, ref, ownerRefs);
    await store.serviceAccounts.set({ ref, status, headline: 'So it is.' });
  };
  await identity('fine', 'verified', ['group:default/fine']);
  await identity('unseen', 'could-not-check', ['group:default/fine']);
  await identity('lost', 'broken', ['group:default/a'], 'gone');
  await identity('late', 'restart-needed', ['group:default/a']);
  await identity('shared', 'broken', ['group:default/a', 'user:default/ada']);
  for (const name of ['k1', 'k2', 'k3', 'k4']) {
    await identity(name, 'other-identity', ['group:default/a']);
  }
  const noted = (
    shapes: TrustShape[],
    uid: string,
    name = 'held',
    role = name,
  ) => ({
    row: accessRow(`payments/${name}`, {
      role: { arn: `arn:aws:iam::1:role/apps/${role}`, exists: true, shapes },
      findings: [],
    }),
    // Whose component claims it hears nothing of the role
    entity: {
      entityRef: 'component:default/curious',
      by: 'annotation' as const,
    },
    ownerRef: 'group:default/curious',
    holder: {
      entityRef: 'component:default/held',
      uid,
      ownerRefs: ['group:default/former'],
    },
  });
  const held = noted(['no-audience', 'pattern'], 'held-now');
  const former = noted(['no-subject'], 'held-once', 'former');
  const { holder: _, ...nobodys } = noted(['no-subject'], '', 'nobodys');
  await found(store, [
    held,
    noted(['no-audience', 'pattern'], 'held-now', 'sharer', 'held'),
    noted(['no-audience'], 'held-now', 'second'),
    noted(['exact'], 'held-now', 'third'),
    former,
    nobodys,
  ]);
  await notifier.digest();
  // Every signed-in user can trigger the task
  await notifier.digest();
  const payload = (owner: string) =>
    send.mock.calls.find(
      ([{ recipients }]) =>
        'entityRef' in recipients && recipients.entityRef === owner,
    )?.[0].payload;
  expect(send).toHaveBeenCalledTimes(4);
  expect(payload('user:default/ada')).toEqual({
    title: '1 AWS identity needs attention',
    description: 'shared on prod: Broken. So it is.',
    link: 'https://portal.example.com/aws-identities/associations?ownedBy=user%3Adefault%2Fada',
    severity: 'high',
    topic: 'AWS identity: digest',
    scope: 'eks-pod-identity:digest:user:default/ada',
  });
  expect(payload('group:default/a')).toMatchObject({
    title: '6 AWS identities need attention',
    description: expect.stringMatching(
      /^shared on prod: Broken\. So it is\.\n(k\d on prod: Uses other credentials\. So it is\.\n){4}1 more on the page\.\nThe trust policies of 2 roles are .*: no audience \(2\), a pattern of service accounts \(1\)\. held, second\.$/,
    ),
  });
  expect(payload('group:default/held')).toEqual({
    title: 'AWS roles: trust policies worth a look',
    description:
      'The trust policies of 2 roles are worth a look, although nothing breaks today: no audience (2), a pattern of service accounts (1). held, second.',
    link: 'https://portal.example.com/aws-identities/access',
    severity: 'low',
    topic: 'AWS identity: digest',
    scope: 'eks-pod-identity:digest:group:default/held',
  });
  expect(payload('group:default/former')?.description).toMatch(
    /^The trust policy of 1 role is .*: no subject \(1\)\. former\.$/,
  );
  // Each next day, what is wrong is said again, and of trust policies only what is new
  const nextDay = async () => {
    send.mockClear();
    await store.settings.swap('digest', 'yesterday');
    await notifier.digest();
    return send.mock.calls
      .map(
        ([{ recipients }]) =>
          'entityRef' in recipients &&
          String(recipients.entityRef).split('/')[1],
      )
      .sort();
  };
  const unwell = ['a', 'ada'];
  findMany.mockRejectedValueOnce(new Error('The catalog is away'));
  expect(await nextDay()).toEqual(unwell);
  expect(payload('group:default/a')?.description).not.toMatch(/trust polic/);
  // A look without IAM knows no holder
  await store.access.replace(
    {
      cluster: 'prod',
      at: '2026-11-30T10:00:00.000Z',
      gaps: [{ what: 'roles', sentence: 'Throttled.', costs: 'Roles.' }],
    },
    [],
  );
  expect(await nextDay()).toEqual(unwell);
  await found(store, [held, former]);
  send.mockImplementation(async ({ recipients }) => {
    const isHeld = JSON.stringify(recipients).includes('held');
    if (isHeld) throw new Error('It is away');
  });
  expect(await nextDay()).toEqual([...unwell, 'held']);
  send.mockResolvedValue(undefined);
  expect(await nextDay()).toEqual([...unwell, 'held']);
  expect(await nextDay()).toEqual(unwell);
});

it('calls for attention calmly where nothing is broken, and says how many roles it does not name', async () => {
  const { store, notifier, send } = announcing(knex);
  const ref = { ...API, serviceAccount: 'late' };
  await has(store, ref, ['group:default/held']);
  await store.serviceAccounts.set({
    ref,
    status: 'restart-needed',
    headline: 'So it is.',
  });
  await found(
    store,
    Array.from({ length: 6 }, (_, at) => ({
      row: accessRow(`payments/r${at}`, {
        role: {
          arn: `arn:aws:iam::1:role/r${at}`,
          exists: true,
          shapes: ['no-subject'],
        },
        findings: [],
      }),
      holder: {
        entityRef: 'component:default/held',
        uid: 'held-now',
        ownerRefs: [],
      },
    })),
  );
  await notifier.digest();
  const payloads = send.mock.calls.map(([{ payload }]) => payload);
  const held = payloads.find(({ scope }) => scope?.endsWith('/held'))!;
  expect(held.severity).toBe('normal');
  expect(held.description).toMatch(
    /^late on prod: Restart needed\. So it is\.\nThe trust policies of 6 roles .*: no subject \(6\)\. r0, r1, r2, r3, r4 and 1 more\.$/,
  );
});

it('says what is worth a look once, whatever cluster was read last', async () => {
  const none = { unwell: [], noted: [] };
  const noted = (cluster: string) => ({
    cluster,
    arn: 'arn:aws:iam::1:role/r',
    notes: ['pattern' as const],
  });
  const both = { unwell: [], noted: [noted('prod'), noted('test')] };
  const read = (...clusters: string[]) => new Set(clusters);
  expect(notesNow(both, undefined, read('test', 'prod'))).toEqual({
    prod: '1: pattern 1',
    test: '1: pattern 1',
  });
  // What was said of a cluster that was not read stays; what is gone of one that was read does not
  const said = { prod: '2: pattern 2', test: '1: pattern 1' };
  expect(notesNow(both, said, read('test'))).toEqual(said);
  expect(notesNow(none, said, read('prod'))).toEqual({ test: '1: pattern 1' });
  expect(notesNow(undefined, said, read('prod', 'test'))).toEqual({});
  expect(areNew({ prod: 'a' }, { prod: 'a' })).toBe(false);
  expect(areNew({ prod: 'a', test: 'b' }, { prod: 'a' })).toBe(true);
  expect(areNew({ prod: 'a' }, { prod: 'a', test: 'b' })).toBe(true);
  expect(areNew({})).toBe(false);
});
