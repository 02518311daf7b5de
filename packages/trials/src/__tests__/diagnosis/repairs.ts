import {
  type CheckResult,
  firstBrokenHop,
  stringifyServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Stage } from 'eks-sandbox';
import type { LifecycleWorld } from '../../../../engine/src/lifecycle/__testUtils__/LifecycleWorld';
import type { Expected } from './expected/expected';
import { runFix, settle } from './fixes';
import type { Shell } from './shell';
import { verify } from './world';

/** Fixes one after the other: one may uncover the next trouble. */
const MOST_FIXES = 4;
const A_MINUTE = 60_000;

/** What is repaired, and by whom. */
export interface Repairing {
  world: LifecycleWorld;
  shell: Shell;
  ref: Stage['identity'];
}

/** What is expected of a trouble. */
type Trouble = Pick<Expected, 'cause' | 'repair' | 'ends'>;

/** Names of probes differ from run to run. */
const isSame = (one: CheckResult, other: CheckResult | undefined) =>
  one.id === other?.id &&
  one.message.slice(0, 60) === other.message.slice(0, 60) &&
  one.fix?.snippet?.text === other.fix?.snippet?.text;

/** Another check that is the consequence of none, and prints what to run. */
const nextTo = (
  head: CheckResult | undefined,
  { checks }: VerificationReport,
) =>
  checks.find(
    ({ id, status, becauseOf, fix }) =>
      id !== head?.id &&
      /^(fail|warn|unknown)$/.test(status) &&
      !becauseOf &&
      fix?.snippet !== undefined,
  );

/** Does what a report says; what was done. */
async function repair(
  { world, shell, ref }: Repairing,
  cause: CheckResult | undefined,
  all: readonly Trouble[],
): Promise<string> {
  // The deed is for its cause; what it uncovers is repaired by commands.
  const deed = all.find(one => one.cause === cause?.id)?.repair;
  if (typeof deed === 'function') {
    const [said, command] = [
      cause?.message ?? '',
      cause?.fix?.snippet?.text ?? '',
    ];
    return deed({ world, shell, ref, said, command });
  }
  if (deed === 'wait') return 'waited';
  if (deed === 'template') {
    const name = stringifyServiceAccountRef(ref);
    await world.associate(name, { createRole: true } as never);
    return 'gave the identity by the template';
  }
  return runFix(shell, cause);
}

/**
 * Does what reports say, one after the other, until the identity is verified or ends as it must.
 *
 * @param all - what is expected of each trouble. Of several, the first may head the report and be of another owner: where
 * its command changes nothing, that of the next check is run
 * @param how - it is verified
 */
export async function repairAll(
  repairing: Repairing,
  first: VerificationReport,
  all: readonly Trouble[],
  how: Parameters<typeof verify>[2] = {},
): Promise<VerificationReport> {
  const { world, ref } = repairing;
  let report = first;
  let isOver = report.status === 'verified';
  let ranInVain = false;
  for (let fixes = 0; !isOver && fixes < MOST_FIXES; fixes += 1) {
    const head = firstBrokenHop(report);
    const cause: CheckResult | undefined = ranInVain
      ? nextTo(head, report)
      : head;
    const done = await repair(repairing, cause, all);
    await settle(world, ref);
    await world.sandbox.clock.advance(A_MINUTE);
    report = await verify(world, ref, how);
    const next = firstBrokenHop(report);
    ranInVain = next !== undefined && isSame(next, cause);
    if (ranInVain && all.length === 1) {
      throw new Error(`Stays after "${done}": ${next?.message}`);
    }
    isOver = ['verified', ...all.flatMap(one => one.ends ?? [])].includes(
      report.status,
    );
  }
  return report;
}
