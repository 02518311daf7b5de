import { plainText } from 'backstage-plugin-eks-pod-identity-common';
import { redact } from './redact';

declare const UNCLEANED: unique symbol;

/**
 * Text that others wrote, as it came: neither cut nor cleaned. It is a string, and the compiler takes it for a symbol, which it
 * lets nothing match, log, render, join with another or add. Only {@link foreign} and {@link toParse} take it.
 */
export type ForeignText = symbol & { readonly [UNCLEANED]: true };

/** What came from outside where a text should be; undefined where it is none, or empty. */
export const untrusted = (value: unknown): ForeignText | undefined =>
  typeof value === 'string' && value
    ? (value as unknown as ForeignText)
    : undefined;

/**
 * Text of others cut, for what reads it by its form and cleans what it takes of it.
 *
 * @param longest - in characters
 */
export const toParse = (
  text: ForeignText | undefined,
  longest: number,
): string => String(text ?? '').slice(0, longest);

/** Longest message of others, in characters. What comes after it says nothing more, and every expression would read it. */
export const LONGEST_MESSAGE = 4_096;

/**
 * A message of AWS, Kubernetes, a pod or a webhook as it is shown and searched: one line, without secrets, not too long.
 *
 * @param longest - in characters
 */
export const foreign = (
  message: string | ForeignText | undefined,
  longest = LONGEST_MESSAGE,
): string =>
  // A secret that the cut divides would not be known by its beginning.
  plainText(
    redact(String(message ?? '').slice(0, Math.max(2 * longest, 8_192))),
  )
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, longest);
