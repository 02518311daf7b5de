import { createCore } from '../../core/core';
import { eksAuthFailure, EksAuthPath } from './eksAuthPath';

const CLUSTER = {
  accountId: '111122223333',
  region: 'eu-west-1',
  name: 'payments-prod',
};

/** How long the agent tries before it gives up, in simulated milliseconds, and what it says then. */
async function failure(path: EksAuthPath) {
  const core = createCore({ clockRate: 0 });
  const start = core.clock.now();
  let lasted: number | undefined;
  const text = eksAuthFailure(core, CLUSTER, path).finally(() => {
    lasted = core.clock.now() - start;
  });
  while (lasted === undefined) {
    await core.clock.advance(100);
  }
  core.clock.stop();
  return { text: await text, lasted };
}

describe("the agent's way to EKS Auth", () => {
  it.each<[EksAuthPath, string, number, number]>([
    ['dropped', 'dial tcp 203.0.113.10:443: i/o timeout', 1_500, 3_500],
    ['slow', 'context deadline exceeded (Client.Timeout', 3_000, 5_000],
    ['refused', 'dial tcp 203.0.113.10:443: connect: connection', 0, 2_000],
    ['no-route', 'connect: network is unreachable', 0, 2_000],
    [
      'unknown-host',
      'dial tcp: lookup eks-auth.eu-west-1.api.aws on 10.0.0.2:53: no such host',
      0,
      2_000,
    ],
  ])(
    '%s ends after three tries and their pauses',
    async (path, text, least, most) => {
      const { text: said, lasted } = await failure(path);
      expect(said).toContain(
        'operation error EKS Auth: AssumeRoleForPodIdentity, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Post "https://eks-auth.eu-west-1.api.aws/clusters/payments-prod/assume-role-for-pod-identity": ',
      );
      expect(said).toContain(text);
      expect(lasted).toBeGreaterThanOrEqual(least);
      expect(lasted).toBeLessThanOrEqual(most);
    },
  );

  it('is open without a fault', async () => {
    expect((await failure('open')).text).toBeUndefined();
  });
});
