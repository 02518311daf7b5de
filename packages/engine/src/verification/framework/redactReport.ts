import {
  type CheckResult,
  plainText,
} from 'backstage-plugin-eks-pod-identity-common';
import { redact as redactAws } from '../../text/redact';

const MORE: Array<[RegExp, string]> = [
  // A secret access key has 40 characters of this alphabet and always both cases; hashes are lower case only.
  [
    /(?<![A-Za-z0-9/+=])(?=[A-Za-z0-9/+]{0,39}[A-Z])(?=[A-Za-z0-9/+]{0,39}[a-z])(?=[A-Za-z0-9/+]{0,39}[0-9])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g,
    '[redacted]',
  ],
  // Session tokens are base64 and far longer than any other text in an error.
  [/[A-Za-z0-9/+]{120,}={0,2}/g, '[redacted]'],
];

/** Removes credentials and tokens from a text that a pod, AWS or Kubernetes wrote. */
export function redact(text: string): string {
  return MORE.reduce(
    (result, [pattern, replacement]) => result.replace(pattern, replacement),
    redactAws(text),
  );
}

/** For sentences, which end up in logs. */
export const sentence = (text: string) => plainText(redact(text));

/** Redacts what a result says before it is shown, stored or logged; its fix is rendered so. */
export function redactResult(result: CheckResult): CheckResult {
  return {
    ...result,
    message: sentence(result.message),
    ...(result.lead === undefined ? {} : { lead: sentence(result.lead) }),
    ...(result.expected === undefined
      ? {}
      : { expected: redact(result.expected) }),
    ...(result.observed === undefined
      ? {}
      : { observed: redact(result.observed) }),
  };
}
