/** A failure of the `aws` command, with its output and exit code. */
export class CliError extends Error {
  constructor(message: string, readonly exitCode: number) {
    super(message);
    this.name = 'CliError';
  }
}

/** Exit codes of the AWS CLI v2. */
export const EXIT = {
  usage: 252,
  configuration: 253,
  service: 254,
  general: 255,
};

export const noCredentials = () =>
  new CliError(
    'Unable to locate credentials. You can configure credentials by running "aws configure".',
    EXIT.configuration,
  );

/** `An error occurred (Code) when calling the Operation operation: message` */
export const serviceError = (
  code: string,
  operation: string,
  message: string,
) =>
  new CliError(
    `An error occurred (${code}) when calling the ${operation} operation: ${message}`,
    EXIT.service,
  );

/** What botocore says of input that it does not send. */
export const invalidParameter = (problem: string) =>
  new CliError(`Parameter validation failed:\n${problem}`, EXIT.usage);

export const connectTimeout = (url: string) =>
  `Connect timeout on endpoint URL: "${url}"`;
export const readTimeout = (url: string) =>
  `Read timeout on endpoint URL: "${url}"`;
export const couldNotConnect = (url: string) =>
  `Could not connect to the endpoint URL: "${url}"`;
