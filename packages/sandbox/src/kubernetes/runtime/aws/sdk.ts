import type { AwsCredentialIdentity, Pluggable } from '@smithy/types';
import { CliArguments } from './arguments';
import {
  CliError,
  connectTimeout,
  couldNotConnect,
  EXIT,
  noCredentials,
  readTimeout,
  serviceError,
} from './cliError';
import { namedAsCli } from './cliName';

/** Input of an operation: endpoint, credentials and output options. */
export interface ServiceContext {
  args: CliArguments;
  /** Base URL of the sandbox's AWS side. */
  endpoint: string;
  region: string;
  /** Undefined where no provider has any; only a call then fails. */
  credentials?: AwsCredentialIdentity;
  /**
   * Waits and fails as botocore does where the pod does not reach the service.
   *
   * @returns id of the VPC endpoint on the way, if there is one
   */
  reach(service: string, url: string): Promise<string | undefined>;
  connectTimeoutMs: number;
  readTimeoutMs: number;
  signal?: AbortSignal;
}

/** The outcome of a command. */
export interface CliResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

export const printed = (stdout: string): CliResult => ({
  stdout,
  stderr: '',
  exitCode: 0,
});

/** A command of `aws`. */
export interface Command {
  /** Options and flags beside the global ones; any other is refused. */
  options?: readonly string[];
  /** @throws CliError */
  run(context: ServiceContext): Promise<CliResult>;
}

/** @throws CliError without credentials */
export function clientConfig(context: ServiceContext) {
  if (!context.credentials) {
    throw noCredentials();
  }
  return {
    endpoint: context.endpoint,
    region: context.region,
    credentials: context.credentials,
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: context.connectTimeoutMs,
      requestTimeout: context.readTimeoutMs,
    },
  };
}

/** An SDK error as the CLI prints it; `url` is the address of the real service. */
function asCliError(error: any, operation: string, url: string): CliError {
  if (error instanceof CliError) {
    return error;
  }
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

const kebab = (operation: string) =>
  operation.replace(/\B[A-Z]/g, letter => `-${letter}`).toLowerCase();

/** A call by a client of its own, after the pod has reached the service at `url`, its real address. */
export async function withClient<
  C extends {
    destroy(): void;
    middlewareStack: { use(plugin: Pluggable<any, any>): void };
  },
  T,
>(
  context: ServiceContext,
  {
    service,
    operation,
    url,
  }: { service: string; operation: string; url: string },
  newClient: () => C,
  call: (client: C, options: { abortSignal?: AbortSignal }) => Promise<T>,
  explain: (error: unknown) => CliError | undefined = () => undefined,
): Promise<T> {
  const client = newClient();
  try {
    const through = await context.reach(service, url);
    client.middlewareStack.use(
      namedAsCli(`${service}.${kebab(operation)}`, through),
    );
    return await call(client, { abortSignal: context.signal });
  } catch (error) {
    throw explain(error) ?? asCliError(error, operation, url);
  } finally {
    client.destroy();
  }
}

const isoDates = (key: string, value: unknown) =>
  /Date$|Modified$|^Expiration$/.test(key) && typeof value === 'string'
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
