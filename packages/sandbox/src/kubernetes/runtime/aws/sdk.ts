import type { AwsCredentialIdentity } from '@smithy/types';
import { CliArguments } from './arguments';
import {
  CliError,
  connectTimeout,
  couldNotConnect,
  EXIT,
  readTimeout,
  serviceError,
} from './cliError';

/** Input of an operation: endpoint, credentials and output options. */
export interface ServiceContext {
  args: CliArguments;
  /** Base URL of the sandbox's AWS side. */
  endpoint: string;
  region: string;
  credentials: AwsCredentialIdentity;
  connectTimeoutMs: number;
  readTimeoutMs: number;
  signal?: AbortSignal;
}

/** An operation of the `aws` command: returns its output or throws a CliError. */
export type Operation = (context: ServiceContext) => Promise<string>;

/** The address that the real CLI shows in its errors. */
const realEndpoint = (service: string, region: string) =>
  `https://${service}.${region}.amazonaws.com/`;

export const clientConfig = (context: ServiceContext) => ({
  endpoint: context.endpoint,
  region: context.region,
  credentials: context.credentials,
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: context.connectTimeoutMs,
    requestTimeout: context.readTimeoutMs,
  },
});

/** An SDK error as the CLI prints it. */
export function asCliError(
  error: any,
  operation: string,
  service: string,
  region: string,
): CliError {
  if (error instanceof CliError) {
    return error;
  }
  const url = realEndpoint(service, region);
  if (error?.$metadata?.httpStatusCode) {
    return serviceError(error.Code ?? error.name, operation, error.message);
  }
  if (error?.name === 'TimeoutError') {
    const connecting = /connect|socket did not establish/i.test(error.message);
    return new CliError(
      connecting ? connectTimeout(url) : readTimeout(url),
      EXIT.general,
    );
  }
  return new CliError(couldNotConnect(url), EXIT.general);
}

const isoDates = (key: string, value: unknown) =>
  /Date$|Modified$/.test(key) && typeof value === 'string'
    ? value.replace(/\.\d+Z$/, '+00:00')
    : value;

/** An SDK response as the CLI prints it: without metadata, dates in Python's format. */
export function printable({
  $metadata: _,
  ...answer
}: {
  $metadata?: unknown;
  [field: string]: unknown;
}): object {
  return JSON.parse(JSON.stringify(answer), isoDates);
}
