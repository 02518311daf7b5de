import {
  CheckResult,
  firstBrokenHop,
  headline,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { LifecycleWorld } from '../../../engine/src/lifecycle/__testUtils__/LifecycleWorld';
import { EXPECTED } from './expected';
import type { Expected } from './expected/expected';
import { RATE, restore, stageOf, verify } from './trial';

const LATER = 600_000;

/** Two scenarios at once; where one covers the other up, the second one follows from the first. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['trust-without-tag-session', 'agent-missing'],
  ['trust-without-tag-session', 'static-keys'],
  ['trust-without-tag-session', 'network-policy-for-the-workload'],
  ['trust-without-tag-session', 'pods-older-than-association'],
  ['trust-for-another-namespace', 'workload-under-default'],
  ['trust-for-irsa-only', 'irsa-annotation'],
  ['trust-for-another-cluster', 'node-role-without-eks-auth'],
  ['trust-for-another-cluster', 'eks-auth-not-reached'],
  ['trust-without-tag-session', 'portal-not-admitted'],
  ['trust-without-tag-session', 'quota-full'],
  ['trust-without-tag-session', 'policy-webhook-gone'],
  ['trust-without-tag-session', 'webhook-gone'],
  ['role-deleted', 'agent-missing'],
  ['role-deleted', 'service-account-missing'],
  ['proxy-without-exemption', 'role-recreated'],
  ['association-missing', 'agent-missing'],
  ['association-missing', 'service-account-missing'],
  ['association-missing', 'workload-under-default'],
  ['association-of-a-near-name', 'agent-kept-off-nodes'],
  ['agent-missing', 'webhook-gone'],
  ['agent-missing', 'pods-older-than-association'],
  ['agent-missing', 'portal-without-rights'],
  ['agent-without-ipv6', 'static-keys'],
  ['agent-daemonset-deleted', 'workload-under-another-service-account'],
  ['node-role-without-eks-auth', 'pods-older-than-association'],
  ['eks-auth-not-reached', 'network-policy-for-the-workload'],
  ['service-account-missing', 'webhook-down'],
  ['static-keys', 'workload-under-another-service-account'],
  ['static-keys', 'proxy-without-exemption'],
  ['proxy-without-exemption', 'pods-older-than-association'],
  ['target-role-trusts-another', 'trust-without-tag-session'],
  ['webhook-selector-edited', 'agent-missing'],
];

/** A check that says the trouble, or stands behind one that does. */
function tells(report: VerificationReport, cause: string | undefined) {
  const byId = new Map(report.checks.map(check => [check.id, check]));
  const isTrouble = ({ status }: CheckResult) =>
    status === 'fail' || status === 'warn' || status === 'unknown';
  const check = byId.get(cause ?? '');
  if (!check) return 'has no such check';
  if (isTrouble(check)) return undefined;
  const seen = new Set<string>();
  for (let one: CheckResult | undefined = check; one; ) {
    if (isTrouble(one)) return undefined;
    if (one.status !== 'skip' || seen.has(one.id)) break;
    seen.add(one.id);
    one = byId.get(one.becauseOf ?? '');
  }
  return `says of ${cause}: ${check.status}, ${check.message}`;
}

async function tryPair(
  world: LifecycleWorld,
  pair: readonly [string, string],
): Promise<{ said: string; problems: string[] }> {
  world.sandbox.clock.setRate(RATE);
  await restore(world);
  const { identity } = stageOf(world);
  for (const name of pair) await world.sandbox.client.scenario(name);
  await world.sandbox.clock.advance(LATER);
  const report = await verify(world, identity, { probe: 'pod' });
  const head = firstBrokenHop(report);
  const expected: Expected[] = pair.map(name => EXPECTED[name]);
  const problems = expected.flatMap(({ cause }, at) => {
    const problem = tells(report, cause);
    return problem ? [`${pair[at]}: ${problem}`] : [];
  });
  if (!expected.some(({ cause }) => cause === head?.id)) {
    problems.push(`is headed by ${head?.id}`);
  }
  return { said: `${head?.id}: ${headline(report)}`, problems };
}

/** Verifies an identity with two faults; returns how many reports do not tell of both. */
export async function tryPairs(
  world: LifecycleWorld,
  isWanted: (name: string) => boolean,
): Promise<{ tried: number; bad: number }> {
  let tried = 0;
  let bad = 0;
  for (const pair of PAIRS) {
    const name = pair.join(' + ');
    if (!isWanted(name)) continue;
    tried += 1;
    const { said, problems } = await tryPair(world, pair).catch(error => ({
      said: '',
      problems: [String((error as Error).stack)],
    }));
    if (problems.length > 0) bad += 1;
    console.log(
      [
        `${problems.length > 0 ? '✗' : '✓'} ${name}`,
        `  ${said}`,
        ...problems.map(problem => `  PROBLEM: ${problem}`),
      ].join('\n'),
    );
  }
  return { tried, bad };
}
