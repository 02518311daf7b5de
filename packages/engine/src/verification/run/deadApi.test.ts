import { diagnose } from 'backstage-plugin-eks-pod-identity-common';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { HurriedClock } from '../../async/__testUtils__/HurriedClock';
import { ApiSwitch } from '../../clusters/__testUtils__/ApiSwitch';
import { checkOf, VerifyWorld } from '../__testUtils__/VerifyWorld';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};

describe('a Kubernetes API that does not answer', () => {
  let world: VerifyWorld;
  let api: ApiSwitch;
  const clock = new HurriedClock();

  beforeAll(async () => {
    world = await VerifyWorld.start({ clock });
    await world.settled();
    api = await ApiSwitch.start(world.sandbox, 'payments-prod');
  });
  afterEach(async () => {
    await api.set('open');
    await world.reset();
    // DescribeCluster is remembered for ten seconds.
    await world.sandbox.clock.advance(600_000);
  });
  afterAll(async () => {
    await api?.stop();
    await world?.stop();
  });

  /** Verifies right after a change, when a pod without the identity would be waited for. */
  const verify = () =>
    world.verify({ ref, probe: 'pod', changedAt: world.clock.now() });

  it.each([
    [
      'dead',
      /no connection to 127\.0\.0\.1:\d+: .*ECONNREFUSED/,
      /^Nothing takes connections there/,
    ],
    [
      'silent',
      new RegExp(
        `127\\.0\\.0\\.1:\\d+ did not answer within ${PATIENCE_MS} ms`,
      ),
      /takes the connection/,
    ],
    ['nameless', /gone\.invalid/, /^DNS gives the portal's host no address/],
  ] as const)(
    '%s: ends within a request timeout',
    async (state, why, cause) => {
      await api.set(state);
      const before = clock.ranOut;
      const report = await verify();
      expect(clock.ranOut - before).toBe(state === 'silent' ? 1 : 0);
      expect(report.status).toBe('could-not-check');
      // The report still has what AWS answered.
      for (const id of [
        'association.exists',
        'role.exists',
        'role.trust-policy',
      ]) {
        expect(checkOf(report, id).status).toBe('pass');
      }
      for (const id of [
        'service-account.exists',
        'admission.injects',
        'credentials.agent-answers',
      ]) {
        expect(checkOf(report, id)).toMatchObject({
          status: 'unknown',
          message: expect.stringMatching(why),
        });
      }
      const { cause: head, others } = diagnose(report);
      expect(head?.check).toMatchObject({
        id: 'access.kubernetes',
        message: expect.stringMatching(why),
        fix: { cause: expect.stringMatching(cause) },
      });
      // Said once: all that is unknown waits for it.
      expect(others).toEqual([]);
      expect(
        report.checks.filter(({ status }) => status === 'unknown'),
      ).toHaveLength(
        1 + head!.followers.filter(({ status }) => status === 'unknown').length,
      );
    },
  );
});
