import type { CheckInfo } from '../framework/check';
import { CHECKS } from './checks';
import { inCluster, onAws, ref, role } from '../__testUtils__/checkWorlds';
import { checkOf, glance } from '../__testUtils__/VerifyWorld';

/** Checks that a report has only where a request asks for them. */
const ON_REQUEST = ['permissions.*', 'credentials.node-groups'];

/** Whether a check gets its result without the cluster; this identity has no target role. */
function seenOnAws({ id, category }: CheckInfo): boolean {
  return (
    id === 'service-account.own' ||
    (!['service-account', 'admission', 'credentials', 'workloads'].includes(
      category,
    ) &&
      !['access.kubernetes', 'agent.on-node', 'role.target'].includes(id))
  );
}

/** They need events of CloudTrail, which are off. */
const OF_EVENTS = ['role.shared', 'permissions.observed'];

describe('a report from AWS only', () => {
  const { world } = onAws();

  it('are consistent where everything works, complete, and skip the cluster with the reason', async () => {
    const report = await world().verify({ ref });
    expect(report).toMatchObject({
      status: 'looks-right',
      proof: 'none',
      expectedRoleArn: role,
      expectedRoleSource: 'association',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      engineVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect(glance(report)).toEqual(
      CHECKS.filter(({ id }) => !ON_REQUEST.includes(id)).map(
        check =>
          `${check.id} ${
            seenOnAws(check) && !OF_EVENTS.includes(check.id) ? 'pass' : 'skip'
          }`,
      ),
    );
    expect(checkOf(report, 'service-account.exists').message).toContain(
      'kubernetes.access: none',
    );
    expect(
      world()
        .told.map(({ id }) => id)
        .sort(),
    ).toEqual(report.checks.map(({ id }) => id).sort());
  });

  it('run no pod where the portal has no Kubernetes access, and say so', async () => {
    const report = await world().verify({
      ref,
      probe: 'pod',
      permissionChecks: [{ name: 's3', command: ['s3', 'ls'] }],
    });
    expect(report).toMatchObject({ probe: 'none', status: 'looks-right' });
    expect(checkOf(report, 'permissions.s3').status).toBe('skip');
    expect(world().log[0]).toContain('so no pod is run');
  });
});

describe('a report of both', () => {
  const { world } = inCluster();

  it('are consistent where everything works, without a pod', async () => {
    const report = await world().verify({ ref });
    expect(report).toMatchObject({ status: 'looks-right', proof: 'none' });
    expect(glance(report).filter(line => !/ (pass|skip)$/.test(line))).toEqual(
      [],
    );
    const admitted = await world().verify({ ref, probe: 'admission' });
    expect(admitted).toMatchObject({
      status: 'looks-right',
      proof: 'admission',
    });
  });
});
