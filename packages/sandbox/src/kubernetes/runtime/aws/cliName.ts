import type { Pluggable } from '@smithy/types';
import { THROUGH_ENDPOINT } from '../../../core/contract';

/** Of the CLI that the `aws` in pods stands for. */
export const CLI_VERSION = '2.23.6';

/** Words of a user agent. */
export const joined = (...parts: string[]) => parts.filter(Boolean).join(' ');

/** As Python's SDK names what it runs on. */
export const PLATFORM = 'os/linux#6.1.0 md/arch#x86_64 lang/python#3.12.8';

/** The user agent of the AWS CLI; `features` is `m/…` or empty. */
export const cliUserAgent = (
  version: string,
  features: string,
  service: string,
) =>
  joined(
    `aws-cli/${version}`,
    'md/awscrt#0.27.6',
    features ? 'ua/2.1' : 'ua/2.0',
    PLATFORM,
    'md/pyimpl#CPython',
    features,
    'cfg/retry-mode#standard md/installer#docker md/prompt#off',
    `md/command#${service}`,
  );

/**
 * Lets a client of the SDK name itself as the CLI, whose version here writes no codes of where keys came from. The VPC
 * endpoint that the call passes stands in a header, which takes the place of the network.
 */
export const namedAsCli = (
  command: string,
  through?: string,
): Pluggable<any, any> => ({
  applyToStack(stack) {
    stack.add(
      next => args => {
        const { headers } = args.request as { headers: Record<string, string> };
        headers['user-agent'] = cliUserAgent(CLI_VERSION, '', command);
        if (through) headers[THROUGH_ENDPOINT] = through;
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'cliName' },
    );
  },
});
