import { oneLine } from './oneLine';
import { redact } from './redact';

/** Longest message of others, in characters. What comes after it says nothing more, and every expression would read it. */
export const LONGEST_MESSAGE = 4_096;

/** A message of AWS, Kubernetes, a pod or a webhook as it is shown and searched: one line, without secrets, not too long. */
export const foreign = (message: string): string =>
  // A secret that the cut divides would not be known by its beginning.
  oneLine(redact(message.slice(0, 2 * LONGEST_MESSAGE))).slice(
    0,
    LONGEST_MESSAGE,
  );
