import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { memoryStore } from './__testUtils__/memoryStore';
import {
  isSameButLookedAt,
  type ServiceAccountState,
} from './ServiceAccountStore';

const memory = memoryStore();
const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const jobs = { ...ref, serviceAccount: 'jobs' };
const written = stringifyServiceAccountRef;
const accounts = () => memory.store.serviceAccounts;

const PLAIN: ServiceAccountState = {
  ref,
  status: 'looks-right',
  headline: 'Fine.',
};
const FULL: ServiceAccountState = {
  ...PLAIN,
  status: 'broken',
  cause: 'role.trust',
  changedSince: 'proof',
  fingerprint: 'f',
  changedBy: 'operation-1',
  memory: { associated: true },
  findings: [{ id: 'role.trust' } as any],
  proofReportId: 'r-1',
  lookReportId: 'r-2',
  provenAt: 1,
  lookedAt: 2,
  resetAt: 3,
};

it('comes back as it was stored, and counts its writes', async () => {
  await accounts().set(FULL);
  expect(await accounts().find(ref)).toEqual({ ...FULL, version: 1 });
  await accounts().set(PLAIN);
  expect(await accounts().find(ref)).toEqual({ ...PLAIN, version: 2 });
  expect(await accounts().find(jobs)).toBeUndefined();
});

it('is replaced only where nothing was written since it was read', async () => {
  expect(await accounts().replace(undefined, PLAIN)).toBe(true);
  expect(await accounts().replace(undefined, FULL)).toBe(false);
  const read = await accounts().find(ref);
  await accounts().set({ ...PLAIN, ref: jobs, headline: 'Of another.' });
  expect(await accounts().replace(read, FULL)).toBe(true);
  expect(await accounts().replace(read, PLAIN)).toBe(false);
  expect(await accounts().find(ref)).toEqual({ ...FULL, version: 2 });
  expect((await accounts().find(jobs))?.headline).toBe('Of another.');
});

it('is not put over one that is there, and says which it has stored', async () => {
  await accounts().set(PLAIN);
  const late = { ...FULL, headline: 'Late.' };
  expect(await accounts().insertMany([late, { ...FULL, ref: jobs }])).toEqual(
    new Set([written(jobs)]),
  );
  expect((await accounts().find(ref))?.headline).toBe('Fine.');
  expect(await accounts().find(jobs)).toEqual({
    ...FULL,
    ref: jobs,
    version: 1,
  });
  expect(await accounts().insertMany([])).toEqual(new Set());
});

it('notes a look at those that are as they were read, and says which', async () => {
  await accounts().set({ ...PLAIN, lookedAt: 1 });
  await accounts().set({ ...PLAIN, ref: jobs, lookedAt: 1 });
  const read = [...(await accounts().findMany([ref, jobs])).values()];
  await accounts().set({ ...FULL, ref: jobs, lookedAt: 5 });
  expect(await accounts().looked(read, 7)).toEqual(new Set([written(ref)]));
  expect(await accounts().find(ref)).toMatchObject({
    headline: 'Fine.',
    lookedAt: 7,
    version: 2,
  });
  expect((await accounts().find(jobs))?.lookedAt).toBe(5);
});

it('gives the right to notify its owners of a change to one caller only', async () => {
  await accounts().set(PLAIN);
  await accounts().set({ ...PLAIN, ref: jobs });
  const claim = (from: any, to: any) =>
    accounts().claimNotification(ref, from, to);
  expect(await claim('verified', 'broken')).toBe(false);
  expect(await claim(undefined, 'verified')).toBe(true);
  expect(await claim(undefined, 'verified')).toBe(false);
  expect(await claim('verified', 'broken')).toBe(true);
  expect(await claim('verified', 'broken')).toBe(false);
  // What they were notified of outlives the headline
  await accounts().set(FULL);
  expect((await accounts().find(ref))?.notifiedStatus).toBe('broken');
  await accounts().forgetNotification(ref);
  expect((await accounts().find(ref))?.notifiedStatus).toBeUndefined();
  expect((await accounts().find(jobs))?.notifiedStatus).toBeUndefined();
  expect(await claim(undefined, 'broken')).toBe(true);
});

it.each<[boolean, string, Partial<ServiceAccountState>]>([
  [true, 'the time of the look', { lookedAt: 9 }],
  [true, 'the count of writes', { version: 9 }],
  [true, 'what the owners were notified of', { notifiedStatus: 'verified' }],
  [false, 'the status', { status: 'verified' }],
  [false, 'the findings', { findings: [] }],
  [false, 'the memory', { memory: undefined }],
  [false, 'the proof', { provenAt: 9 }],
])('is the same but for a look: %s, where %s differs', (is, _, more) => {
  expect(isSameButLookedAt(FULL, { ...FULL, ...more })).toBe(is);
});
