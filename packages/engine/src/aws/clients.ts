import { AsyncLocalStorage } from 'node:async_hooks';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AwsServiceName, CallObserver } from '../async/CallObserver';
import { classifyAwsError } from './classify';
import type { CredentialsProvider } from './credentials';
import { ec2Package } from './ec2Package';
import type { TokenBucket } from './tokenBucket';
import type { AwsClients, AwsSender } from './types';

/** Name under which AWS's logs (CloudTrail) show our calls. */
export const USER_AGENT = 'backstage-eks-pod-identity';

export interface AwsClientsOptions {
  region: string;
  credentials: CredentialsProvider;
  /** One per account and region. */
  eksBucket: TokenBucket;
  /** One per account: IAM is a global service. */
  iamBucket: TokenBucket;
  requestTimeoutMs: number;
  connectTimeoutMs: number;
  observer?: CallObserver;
}

type SdkClient = EC2Client | EKSClient | IAMClient | STSClient;

/** The abort signal of the call a middleware runs for: the SDK hands it to the HTTP handler only. */
const currentSignal = new AsyncLocalStorage<AbortSignal | undefined>();

/**
 * The SDK's own error for a cancelled call, so that callers see one kind of abort wherever it struck.
 */
function abortError(signal: AbortSignal): Error {
  const error = new Error('The call was cancelled', { cause: signal.reason });
  error.name = 'AbortError';
  return error;
}

/**
 * Every attempt, retries too, takes a token of the bucket and is told to the observer. It sits behind the
 * retry middleware and before signing, so that a signature is never as old as the wait.
 */
function pace(
  client: SdkClient,
  service: AwsServiceName,
  bucket: TokenBucket | undefined,
  observer: CallObserver | undefined,
): void {
  client.middlewareStack.addRelativeTo(
    (next: any, context: any) => async (args: any) => {
      const operation = String(context.commandName ?? 'Unknown').replace(
        /Command$/,
        '',
      );
      await bucket?.take(currentSignal.getStore());
      try {
        const answer = await next(args);
        bucket?.recovered();
        observer?.onCall(service, operation, 'ok');
        return answer;
      } catch (error) {
        const { kind } = classifyAwsError(error);
        if (kind === 'throttled') bucket?.backOff();
        observer?.onCall(service, operation, kind);
        throw error;
      }
    },
    {
      name: 'eksPodIdentityPacing',
      relation: 'after',
      toMiddleware: 'retryMiddleware',
    },
  );
}

/** Races the SDK with the signal: the SDK notices an abort only between its sleeps and its credentials. */
function sender<C extends SdkClient>(client: C): AwsSender<C> {
  // The union of the clients' overloads cannot be called; each takes its own commands.
  const sendNow = client.send.bind(client) as (
    command: any,
    options?: { abortSignal?: AbortSignal },
  ) => Promise<any>;
  const send = async (
    command: any,
    options?: { abortSignal?: AbortSignal },
  ) => {
    const signal = options?.abortSignal;
    if (!signal) {
      return currentSignal.run(undefined, () => sendNow(command));
    }
    if (signal.aborted) throw abortError(signal);
    let onAbort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(abortError(signal));
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      const answer = currentSignal.run(signal, () => sendNow(command, options));
      return await Promise.race([answer, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };
  // The SDK overloads `send` for callbacks, which nobody here uses.
  return { send: send as unknown as C['send'] };
}

/** A client whose package is loaded at the first call, because few ever need it. */
function lazySender<C extends SdkClient>(
  make: () => C,
): AwsSender<C> & { destroy(): void } {
  let made: { client: C; sender: AwsSender<C> } | undefined;
  const send = async (...call: any[]): Promise<any> => {
    if (!made) {
      const client = make();
      made = { client, sender: sender(client) };
    }
    return (made.sender.send as (...call: any[]) => Promise<any>)(...call);
  };
  return {
    send: send as unknown as C['send'],
    destroy: () => made?.client.destroy(),
  };
}

/** Makes the clients of one account and region under one role; endpoints follow the SDK's own settings. */
export function createAwsClients(
  options: AwsClientsOptions,
): AwsClients & { destroy(): void } {
  const shared = {
    region: options.region,
    credentials: options.credentials,
    customUserAgent: USER_AGENT,
    maxAttempts: 4,
    retryMode: 'standard',
    requestHandler: new NodeHttpHandler({
      requestTimeout: options.requestTimeoutMs,
      connectionTimeout: options.connectTimeoutMs,
      // Without this the request timeout would only be a warning in the log.
      throwOnRequestTimeout: true,
    }),
  };
  const eks = new EKSClient(shared);
  const iam = new IAMClient(shared);
  const sts = new STSClient(shared);
  const ec2 = lazySender<EC2Client>(() => {
    const client = new (ec2Package().EC2Client)(shared);
    pace(client, 'ec2', undefined, options.observer);
    return client;
  });
  pace(eks, 'eks', options.eksBucket, options.observer);
  pace(iam, 'iam', options.iamBucket, options.observer);
  pace(sts, 'sts', undefined, options.observer);
  return {
    eks: sender(eks),
    iam: sender(iam),
    sts: sender(sts),
    ec2,
    destroy() {
      ec2.destroy();
      eks.destroy();
      iam.destroy();
      sts.destroy();
    },
  };
}
