import { startSandbox, type Sandbox, useEndpoint } from 'eks-sandbox';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { ManualClock } from '../async/ManualClock';
import { classifyAwsError } from './classify';
import { createAwsClients } from './clients';
import { listInlinePolicies } from './role';
import { TokenBucket } from './tokenBucket';

/** One more than fits on one page of IAM. */
const POLICIES = 101;

describe('createAwsClients', () => {
  let sandbox: Sandbox;
  let restore: () => void;

  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'empty' });
    restore = useEndpoint(sandbox.awsEndpoint);
    sandbox.aws.iam.putRole({
      name: 'long',
      inline: Object.fromEntries(
        Array.from({ length: POLICIES }, (_, index) => [
          `p${index}`,
          {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
            ],
          },
        ]),
      ),
    });
  });
  afterAll(async () => {
    restore();
    await sandbox.stop();
  });

  /** Starts a list of two pages under a bucket with a single token and waits until it reaches the second page. */
  async function listSlowly(signal?: AbortSignal) {
    const clock = new ManualClock();
    const calls: string[] = [];
    const { accessKeyId, secretAccessKey } = sandbox.credentials.admin;
    const aws = createAwsClients({
      region: sandbox.region,
      credentials: async () => ({ accessKeyId, secretAccessKey }),
      eksBucket: new TokenBucket({ perSecond: 1, burst: 1, clock }),
      cloudTrailBucket: new TokenBucket({ perSecond: 2, burst: 1, clock }),
      iamBucket: new TokenBucket({ perSecond: 1, burst: 1, clock }),
      requestTimeoutMs: PATIENCE_MS,
      connectTimeoutMs: PATIENCE_MS,
      clock,
      retryPauseMs: 250,
      observer: {
        onCall: (service, operation, outcome) =>
          calls.push(`${service} ${operation} ${outcome}`),
      },
    });
    const listing = listInlinePolicies({ aws }, 'long', signal);
    listing.catch(() => undefined).finally(() => aws.destroy());
    while (clock.waiting === 0) {
      await new Promise(resolve => setImmediate(resolve));
    }
    return { clock, calls, listing };
  }

  it('takes a token for every page of a list', async () => {
    const { clock, calls, listing } = await listSlowly();
    expect(calls).toEqual(['iam ListRolePolicies ok']);
    await clock.advance(1_251);
    expect(await listing).toHaveLength(POLICIES);
    expect(calls).toHaveLength(2);
  });

  it('ends a list between two pages when its signal aborts', async () => {
    const controller = new AbortController();
    const { calls, listing } = await listSlowly(controller.signal);
    controller.abort();
    const error = await listing.catch(reason => reason);
    expect(classifyAwsError(error).kind).toBe('aborted');
    expect(calls).toHaveLength(1);
  });
});
