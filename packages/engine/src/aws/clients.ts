import { AsyncLocalStorage } from 'node:async_hooks';
import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { STSClient } from '@aws-sdk/client-sts';
import { packages } from '../async/packages';
import type { AwsServiceName, CallObserver } from '../async/CallObserver';
import { recordCall } from '../async/CallRecorder';
import type { Clock } from '../async/clock';
import { raceAbort } from '../async/raceAbort';
import { classifyAwsError } from './classify';
import type { CredentialsProvider } from './credentials';
import { type AwsTimeouts, createRequestHandler } from './requestHandler';
import { createRetryStrategy } from './retryStrategy';
import type { TokenBucket } from './tokenBucket';
import type { AwsClients } from './types';

/** Name of our calls in CloudTrail. */
const USER_AGENT = 'backstage-eks-pod-identity';

export interface AwsClientsOptions extends AwsTimeouts {
  region: string;
  credentials: CredentialsProvider;
  /** One per account and region. */
  eksBucket: TokenBucket;
  /** One per account: IAM is a global service. */
  iamBucket: TokenBucket;
  /** One per account and region. */
  cloudTrailBucket: TokenBucket;
  clock: Clock;
  /** Before a call that failed in passing is made again. */
  retryPauseMs: number;
  observer?: CallObserver;
}

type SdkClient =
  | CloudTrailClient
  | EC2Client
  | EKSClient
  | IAMClient
  | STSClient;

/** Abort signal of the current call, for middleware: the SDK passes it to the HTTP handler only. */
const currentSignal = new AsyncLocalStorage<AbortSignal | undefined>();

/**
 * The SDK's own error for a cancelled call, so that callers see one kind of abort wherever it happened.
 */
function abortError(signal: AbortSignal): Error {
  const error = new Error('The call was cancelled', { cause: signal.reason });
  error.name = 'AbortError';
  return error;
}

/**
 * Every attempt, retries included, takes a token from the bucket and is reported to the observer and the recorder. It
 * runs after the retry middleware and before signing, so that no signature ages during the wait.
 */
function pace(
  client: SdkClient,
  service: AwsServiceName,
  bucket: TokenBucket | undefined,
  observer: CallObserver | undefined,
): void {
  client.middlewareStack.addRelativeTo(
    (next: any, context: any) => {
      const operation = String(context.commandName ?? 'Unknown').replace(
        /Command$/,
        '',
      );
      let failedAt: number | undefined;
      return async (args: any) => {
        const recorded = recordCall(service, operation, failedAt);
        await bucket?.take(currentSignal.getStore());
        recorded?.sent();
        try {
          const answer = await next(args);
          bucket?.recovered();
          observer?.onCall(service, operation, 'ok');
          recorded?.ended('ok');
          return answer;
        } catch (error) {
          const { kind } = classifyAwsError(error);
          if (kind === 'throttled') bucket?.backOff();
          observer?.onCall(service, operation, kind);
          failedAt = recorded?.ended(kind);
          throw error;
        }
      };
    },
    {
      name: 'eksPodIdentityPacing',
      relation: 'after',
      toMiddleware: 'retryMiddleware',
    },
  );
}

/**
 * Races every call with its signal, since the SDK does not notice an abort while it sleeps or loads credentials. It
 * wraps the client itself because the SDK's paginators accept only a client.
 */
function abortable<C extends SdkClient>(client: C): C {
  // The union of the clients' overloads cannot be called; each accepts its own commands.
  const sendNow = client.send.bind(client) as (
    command: any,
    options?: { abortSignal?: AbortSignal },
  ) => Promise<any>;
  const send = async (
    command: any,
    options?: { abortSignal?: AbortSignal },
  ) => {
    const signal = options?.abortSignal;
    if (signal?.aborted) throw abortError(signal);
    const answer = currentSignal.run(signal, () => sendNow(command, options));
    if (!signal) return answer;
    try {
      return await raceAbort(answer, signal);
    } catch (error) {
      throw error === signal.reason ? abortError(signal) : error;
    }
  };
  // The SDK overloads `send` for callbacks, which the engine does not use.
  client.send = send as unknown as C['send'];
  return client;
}

/** Creates the clients of one account and region under one role; endpoints follow the SDK's own settings. */
export function createAwsClients(
  options: AwsClientsOptions,
): AwsClients & { destroy(): void } {
  const shared = {
    region: options.region,
    credentials: options.credentials,
    customUserAgent: USER_AGENT,
    retryStrategy: createRetryStrategy(options.clock, options.retryPauseMs),
    requestHandler: createRequestHandler(options),
  };
  const ready = <C extends SdkClient>(
    client: C,
    service: AwsServiceName,
    bucket?: TokenBucket,
  ): C => {
    pace(client, service, bucket, options.observer);
    return abortable(client);
  };
  const eks = ready(
    new packages.eks.EKSClient(shared),
    'eks',
    options.eksBucket,
  );
  const iam = ready(
    new packages.iam.IAMClient(shared),
    'iam',
    options.iamBucket,
  );
  const sts = ready(new packages.sts.STSClient(shared), 'sts');
  let ec2: EC2Client | undefined;
  let cloudtrail: CloudTrailClient | undefined;
  return {
    eks,
    iam,
    sts,
    get ec2() {
      ec2 ??= ready(new packages.ec2.EC2Client(shared), 'ec2');
      return ec2;
    },
    get cloudtrail() {
      cloudtrail ??= ready(
        new packages.cloudtrail.CloudTrailClient(shared),
        'cloudtrail',
        options.cloudTrailBucket,
      );
      return cloudtrail;
    },
    destroy() {
      for (const client of [eks, iam, sts, ec2, cloudtrail]) client?.destroy();
    },
  };
}
