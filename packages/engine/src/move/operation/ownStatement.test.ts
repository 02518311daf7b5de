import { ManualClock } from '../../async/ManualClock';
import type { Scope } from '../../lifecycle/steps/scope';
import type { RunningStep } from '../../lifecycle/steps/Step';
import { PORTAL } from '../../text/voice';
import { storeStatements, waitForStatement } from './ownStatement';

const SID = 'BackstageEksMove0123456789abcdef';
const STATEMENT = { Sid: SID, Effect: 'Allow' };
const ROLE = { name: 'shop-api', roleId: 'AROAEXAMPLE' };

/** When the role is read, and how the wait ends, where IAM shows the statement at these times. */
async function looks(
  isThere: (at: number) => boolean | object,
  since = 0,
  roleId = ROLE.roleId,
) {
  const clock = new ManualClock(0);
  const read: number[] = [];
  const send = async () => {
    const at = clock.now();
    read.push(at / 1_000);
    return {
      Role: {
        RoleName: ROLE.name,
        RoleId: roleId,
        AssumeRolePolicyDocument: encodeURIComponent(
          JSON.stringify({
            Statement: isThere(at)
              ? [{ ...STATEMENT, ...Object(isThere(at)) }]
              : [],
          }),
        ),
      },
    };
  };
  const scope = {
    context: {
      clock,
      signal: new AbortController().signal,
      emit: async () => {},
    },
    read: { aws: { iam: { send } } },
  } as unknown as Scope;
  const ended = waitForStatement(scope, { id: 'role.trust' }, ROLE, {
    sid: SID,
    statements: [STATEMENT],
    since,
  }).then(
    () => 'stands',
    (error: Error) => error.message,
  );
  await clock.runToEnd();
  return { read, ended: await ended };
}

const LOST = /is no longer in the trust policy of role shop-api/;

it.each<[string, Parameters<typeof looks>, number[], RegExp]>([
  ['it stays', [() => true], [5, 30, 120], /^stands$/],
  ['IAM shows it late', [at => at > 40_000], [5, 30, 120], /^stands$/],
  [
    'one replica of IAM lags behind',
    [at => at !== 30_000],
    [5, 30, 35, 120],
    /^stands$/,
  ],
  ['it was taken out', [at => at < 10_000], [5, 30, 35], LOST],
  ['it was taken out late', [at => at < 100_000], [5, 30, 120, 125], LOST],
  [
    'another writer changed it',
    [at => at < 10_000 || { Action: 'sts:AssumeRole' }],
    [5, 30, 35],
    LOST,
  ],
  ['IAM never shows it', [() => false], [5, 30, 120, 125], LOST],
  ['another process wrote it', [() => true, -40_000], [80], /^stands$/],
  ['it was written long ago', [() => true, -200_000], [0], /^stands$/],
  ['it has gone since long ago', [() => false, -200_000], [0, 5], LOST],
  [
    'the role was made again',
    [() => true, 0, 'AROAANOTHER'],
    [5],
    /another one of that name was made/,
  ],
])(
  'reads the trust policy after 5, 30 and 120 seconds: %s',
  async (_, given, read, ended) => {
    const found = await looks(...given);
    expect(found.read).toEqual(read);
    expect(found.ended).toMatch(ended);
  },
);

it('says that there is no room where AWS does, as with a quota that was raised', async () => {
  const record = {
    roleArn: 'arn:aws:iam::111122223333:role/shop-api',
    roleId: ROLE.roleId,
    sid: SID,
    statements: [STATEMENT],
    tags: {},
    at: '2026-11-30T08:00:00.000Z',
  };
  const kept: unknown[] = [];
  const Role = {
    RoleName: ROLE.name,
    RoleId: ROLE.roleId,
    AssumeRolePolicyDocument: JSON.stringify({ Statement: [] }),
  };
  const refusal = Object.assign(
    new Error('Cannot exceed quota for ACLSizePerRole: 4096'),
    { name: 'LimitExceededException', $metadata: { httpStatusCode: 409 } },
  );
  const scope = {
    cluster: {},
    voice: PORTAL,
    context: {
      clock: new ManualClock(0),
      config: { timings: { rolePropagation: 0, retryPause: 0 } },
      guard: { beforeWrite: async () => {} },
      signal: new AbortController().signal,
    },
    read: { aws: { iam: { send: async () => ({ Role }) } } },
    write: { aws: { iam: { send: () => Promise.reject(refusal) } } },
  } as unknown as Scope;
  const step = { id: 'role.trust', does: '' } as RunningStep;
  await expect(
    storeStatements(scope, step, ROLE, {
      actionType: 'write',
      statement: STATEMENT,
      record,
      trusts: {
        find: async () => [],
        put: async (_ref, one) => {
          kept.push(one);
        },
        remove: async () => {},
      },
      change: all => [...all, STATEMENT],
    }),
  ).rejects.toThrow(/^The trust policy of role shop-api has no room/);
  expect(kept).toEqual([record]);
});
