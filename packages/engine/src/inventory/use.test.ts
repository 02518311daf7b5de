import type {
  AccessProgram,
  EvidenceEvent,
} from 'backstage-plugin-eks-pod-identity-common';
import { type AccessRequest, type AccessSeen } from './lookAtAccess';
import { collectUse } from './use';

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF';
const NOW = Date.parse('2026-11-29T12:00:00.000Z');
const ago = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();

const program = (version: string, hours: number): AccessProgram => ({
  name: 'boto3',
  version,
  age: 'works',
  lastAt: ago(hours),
});

const asks = (account: string, version: string, hours: number) =>
  ({
    at: ago(hours),
    roleArn: 'arn:aws:iam::111122223333:role/api',
    by: {
      kind: 'irsa',
      issuer: ISSUER,
      subject: `system:serviceaccount:${account.replace('/', ':')}`,
    },
    sdk: { name: 'boto3', version },
  } as EvidenceEvent);

/** What a look sees that has these events in the history of CloudTrail. */
async function look(events: EvidenceEvent[], seen?: AccessSeen) {
  const use = await collectUse(
    {
      session: { cluster: { id: 'prod', name: 'prod' } },
      clock: { now: () => NOW },
      signal: new AbortController().signal,
      evidence: {
        id: 'test',
        async *read() {
          yield events;
        },
      },
      seen,
    } as unknown as AccessRequest,
    ISSUER,
  );
  if (!use.known) throw new Error(use.lack.sentence);
  const { of, since } = use.value;
  return {
    since,
    together: Object.fromEntries(
      [...of].map(([name, one]) => [name, one.together]),
    ),
    of: Object.fromEntries(
      [...of].map(([name, { programs }]) => [
        name,
        programs.map(({ version }) => version),
      ]),
    ),
  };
}

const seen = (more: Partial<AccessSeen> = {}): AccessSeen => ({
  at: ago(1),
  since: ago(100),
  programs: new Map([
    ['jobs/nightly', [program('1.44.8', 20)]],
    ['shop/api', [program('1.28.0', 5)]],
  ]),
  ...more,
});

it('remembers what asks less often than a look sees', async () => {
  const first = await look([asks('shop/api', '1.44.8', 1)]);
  expect(first).toMatchObject({
    since: ago(3),
    of: { 'shop/api': ['1.44.8'] },
  });
  const next = await look([asks('shop/api', '1.44.8', 1)], seen());
  expect(next).toMatchObject({
    since: ago(100),
    // What it asked with before may be an image that is gone
    of: { 'shop/api': ['1.44.8'], 'jobs/nightly': ['1.44.8'] },
  });
});

it('keeps a program that asks on demand beside others, and counts it not with them', async () => {
  const java = { ...program('1.12.0', 30), name: 'Java v1' };
  const programs = new Map([['shop/api', [java]]]);
  const found = await look([asks('shop/api', '1.44.8', 1)], seen({ programs }));
  expect(found.of).toEqual({ 'shop/api': ['1.44.8', '1.12.0'] });
  expect(found.together).toEqual({ 'shop/api': 1 });
});

it('counts from the look itself where looks were too far apart', async () => {
  const { since } = await look([], seen({ at: ago(4) }));
  expect(since).toBe(ago(3));
});

it('forgets after 90 days', async () => {
  const days = 24;
  const programs = new Map([
    ['jobs/old', [program('1.44.8', 91 * days)]],
    ['jobs/kept', [program('1.44.8', 89 * days)]],
  ]);
  const found = await look([], seen({ since: ago(200 * days), programs }));
  expect(found).toMatchObject({
    since: ago(90 * days),
    of: { 'jobs/kept': ['1.44.8'] },
  });
});

it('has of the programs of one service account those that asked at about the same time', async () => {
  const programs = new Map([
    [
      'jobs/nightly',
      [program('1.28.0', 48), program('1.44.8', 20), program('1.40.0', 22)],
    ],
  ]);
  const { of } = await look([], seen({ programs }));
  expect(of).toEqual({ 'jobs/nightly': ['1.44.8', '1.40.0'] });
});
