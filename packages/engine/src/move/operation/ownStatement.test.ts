import { ManualClock } from '../../async/ManualClock';
import type { Scope } from '../../lifecycle/steps/scope';
import { waitForStatement } from './ownStatement';

const SID = 'BackstageEksMove0123456789abcdef';
const ROLE = { name: 'shop-api', roleId: 'AROAEXAMPLE' };

/** When the role is read, and how the wait ends, where IAM shows the statement at these times. */
async function looks(
  isThere: (at: number) => boolean,
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
          JSON.stringify({ Statement: isThere(at) ? [{ Sid: SID }] : [] }),
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
