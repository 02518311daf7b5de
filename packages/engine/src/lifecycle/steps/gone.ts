import { classifyAwsError } from '../../aws/classify';

/**
 * Whether a removal failed because nothing is left to remove, which an earlier try did whose answer was lost. AWS says
 * that it is not found, or, where rights are granted by path or tag, denies the call, since what is gone has neither.
 *
 * @param isThere - asks AWS for it
 */
export async function isGone(
  error: unknown,
  isThere: () => Promise<boolean>,
): Promise<boolean> {
  const { kind } = classifyAwsError(error);
  if (kind === 'not-found') return true;
  if (kind !== 'denied') return false;
  // Where it cannot be read either, the denial itself has to be told.
  return !(await isThere().catch(() => true));
}
