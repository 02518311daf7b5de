import { plainText } from 'backstage-plugin-eks-pod-identity-common';
import { redact } from './redact';

/** Longest message of others, in characters. What comes after it says nothing more, and every expression would read it. */
export const LONGEST_MESSAGE = 4_096;

/**
 * A message of AWS, Kubernetes, a pod or a webhook as it is shown and searched: one line, without secrets, not too long.
 *
 * @param longest - in characters
 */
export const foreign = (
  message: string | undefined,
  longest = LONGEST_MESSAGE,
): string =>
  // A secret that the cut divides would not be known by its beginning.
  plainText(redact((message ?? '').slice(0, Math.max(2 * longest, 8_192))))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, longest);
