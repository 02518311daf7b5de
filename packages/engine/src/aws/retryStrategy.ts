import type { EKSClientConfig } from '@aws-sdk/client-eks';
import type { Clock } from '../async/clock';
import { pauseBeforeRetry, type Prospect } from '../async/retryRule';
import { classifyAwsError } from './classify';

type SdkRetryStrategy = Extract<
  Exclude<EKSClientConfig['retryStrategy'], undefined>,
  { acquireInitialRetryToken: unknown }
>;
type Token = Parameters<SdkRetryStrategy['recordSuccess']>[0];

/** No server took the connection, or its name is unknown. A certificate that is not trusted stays so, as does a refusal. */
const AWAY =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|PROXY_5\d\d)$/;
/** AWS judges the signature by another time: the clock of the portal is wrong, or was. */
const OTHER_TIME = /^Signature (expired|not yet current)/;
/** The connection broke, or the answer takes too long. */
const BROKEN = /^(ECONNRESET|EPIPE|TimeoutError|RequestTimeout)/;

/** What an error says about another try; undefined for an answer that would be the same again. */
export function awsProspectOf(error: any): Prospect | undefined {
  const { kind, code, message } = classifyAwsError(error);
  // The SDK learns the time of AWS from such an answer, or has learnt it from that to another call.
  if (error?.$metadata?.clockSkewCorrected || OTHER_TIME.test(message)) {
    return 'doubtful';
  }
  switch (kind) {
    case 'throttled':
    case 'server':
      return 'passing';
    case 'unreachable':
      if (BROKEN.test(code)) return 'passing';
      return AWAY.test(code) ? 'doubtful' : undefined;
    default:
      return undefined;
  }
}

/**
 * The rule of `pauseBeforeRetry` for the SDK's clients. The SDK's own strategy makes fewer tries, gives up for all calls
 * of a client once some have failed, and repeats calls that met a quota.
 */
export function createRetryStrategy(
  clock: Clock,
  firstPauseMs: number,
): SdkRetryStrategy {
  const tokenOf = (startedAt: number, retries: number) => ({
    startedAt,
    getRetryCount: () => retries,
    getRetryDelay: () => 0,
    getRetryCost: () => undefined,
  });
  return {
    acquireInitialRetryToken: async () => tokenOf(clock.now(), 0),
    async refreshRetryTokenForRetry(token: Token, { error, retryAfterHint }) {
      const { startedAt } = token as ReturnType<typeof tokenOf>;
      const prospect = awsProspectOf(error);
      const now = clock.now();
      const ms =
        prospect &&
        pauseBeforeRetry(
          {
            prospect,
            tries: token.getRetryCount() + 1,
            elapsedMs: now - startedAt,
            retryAfterMs: retryAfterHint
              ? retryAfterHint.getTime() - Date.now()
              : undefined,
          },
          firstPauseMs,
        );
      // The SDK throws the error of the call instead of this one.
      if (ms === undefined) throw error;
      await clock.sleep(ms);
      return tokenOf(startedAt, token.getRetryCount() + 1);
    },
    recordSuccess: () => {},
  };
}
