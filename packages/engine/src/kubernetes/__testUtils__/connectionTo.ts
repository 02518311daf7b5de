import type { AccessKeys, Sandbox } from 'eks-sandbox';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { systemClock } from '../../async/clock';
import { createTokenSource } from '../../aws/eksToken';
import type { TransportOptions } from '../transport';

/** The way to the API server of a cluster of the sandbox, past any session, with the tokens of these keys. */
export function connectionTo(
  sandbox: Sandbox,
  clusterName: string,
  keys: AccessKeys,
): TransportOptions & { ca: string } {
  const { endpoint, certificateAuthorityData } = sandbox
    .connections()
    .find(({ name }) => name === clusterName)!;
  return {
    endpoint,
    ca: Buffer.from(certificateAuthorityData, 'base64').toString(),
    requestTimeoutMs: PATIENCE_MS,
    connectTimeoutMs: PATIENCE_MS,
    clock: systemClock,
    token: createTokenSource({
      clusterName,
      region: sandbox.region,
      clock: systemClock,
      credentials: async () => keys,
    }),
  };
}
