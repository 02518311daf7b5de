import {
  firstBrokenHop,
  headline,
  rootOf,
} from 'backstage-plugin-eks-pod-identity-common';
import { EXPECTED } from './expected';
import { repairAll } from './repairs';
import { type Shell, shellOf } from './shell';
import { later, restore, stageOf, useWorld, verify } from './world';

/** Two scenarios at once; where one covers the other up, the second one follows from the first. What is printed ends both. */
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

describe('pairs', () => {
  const world = useWorld();
  let shell: Shell;
  beforeAll(async () => {
    shell = await shellOf(world().sandbox);
  });

  it.each(PAIRS)('%s + %s', async (...pair) => {
    await restore(world());
    const { identity } = stageOf(world());
    for (const name of pair) await world().sandbox.client.scenario(name);
    await later(world());
    const report = await verify(world(), identity);
    const causes = pair.map(name => EXPECTED[name].cause);
    expect(causes).toContain(firstBrokenHop(report)?.id);
    for (const cause of causes) {
      const check = report.checks.find(({ id }) => id === cause)!;
      // It says the trouble, or was skipped for one that does
      const { status } = rootOf(check, report.checks, 'skips');
      expect({ ...check, status }).toMatchObject({
        status: expect.stringMatching(/^(fail|warn|unknown)$/),
      });
    }
    const [one, other] = pair.map(name => EXPECTED[name]);
    const ended = await repairAll(
      { world: world(), shell, ref: identity },
      report,
      [one, other],
    );
    expect({ ends: ended.status, says: headline(ended) }).toMatchObject({
      ends: 'verified',
    });
  });
});
