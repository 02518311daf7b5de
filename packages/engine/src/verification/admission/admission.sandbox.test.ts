import { inCluster, ref } from '../__testUtils__/checkWorlds';
import { checkOf } from '../__testUtils__/VerifyWorld';

describe('checks of admission', () => {
  const { world, kube, cleanUp, verify } = inCluster();

  describe('admission.injects', () => {
    const inject = (request: object = {}) =>
      verify('admission.injects', { probe: 'admission', ...request });

    it('passes, with five dry runs and no pod', async () => {
      expect(await inject()).toMatchObject({
        status: 'pass',
        observed: '5 of 5 dry runs over 1 address',
        attempts: 5,
      });
      expect(world().probes('payments')).toEqual([]);
    });

    it('fails when the webhook is down, without guessing the cause', async () => {
      kube().setWebhook({ down: true });
      // By then it is not that the API servers do not know the association yet.
      await world().sandbox.clock.advance(6 * 60_000);
      const report = await world().verify({ ref, probe: 'pod' });
      expect(checkOf(report, 'admission.injects')).toMatchObject({
        status: 'fail',
        observed: '0 of 5 dry runs over 1 address',
        message: expect.stringMatching(
          /^New pods of payments\/payments-ledger start without the identity\.$/,
        ),
      });
      expect(checkOf(report, 'credentials.agent-answers')).toMatchObject({
        status: 'skip',
        becauseOf: 'admission.injects',
      });
      expect(report.status).toBe('broken');
    });

    it('fails when the registration of the webhook is gone', async () => {
      await kube().delete(
        'mutatingwebhookconfigurations',
        undefined,
        'pod-identity-webhook',
      );
      await world().sandbox.clock.advance(120_000);
      expect(await inject()).toMatchObject({
        status: 'fail',
        fix: {
          cause: expect.stringContaining(
            'MutatingWebhookConfiguration pod-identity-webhook is gone',
          ),
        },
      });
    });

    it('warns of an API server that admits pods without it', async () => {
      kube().setWebhook({ down: true }, 1);
      await world().sandbox.clock.advance(120_000);
      const report = await world().verify({ ref, probe: 'admission' });
      expect(checkOf(report, 'admission.injects')).toMatchObject({
        status: 'warn',
        message: expect.stringMatching(
          /^Only [234] of 5 new pods of payments\/payments-ledger receive the identity/,
        ),
      });
      expect(report).toMatchObject({ status: 'looks-right', proof: 'none' });
    });

    it('is unknown where dry runs are not possible', async () => {
      cleanUp.push(kube().addWebhookWithoutDryRun('policy.example.com'));
      const report = await world().verify({ ref, probe: 'admission' });
      expect(checkOf(report, 'admission.injects')).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining(
          'the admission webhook policy.example.com does not support them',
        ),
      });
      expect(report.status).toBe('could-not-check');
    });

    it('is unknown without the right, and names RBAC only because the review says so', async () => {
      await world().forbidKubernetes('verifiers', 'pods', ['create']);
      expect(await inject()).toMatchObject({
        status: 'unknown',
        message:
          'The portal is not allowed to create pods in namespace payments.',
        fix: { snippet: { language: 'yaml' } },
      });
    });
  });
});
