import type { Translate } from '../api/problems';

/** A remark about an unknown name, with the known one that is probably meant. */
export function withMeant(
  remark: string,
  meant: string | undefined,
  t: Translate,
): string {
  return meant ? `${t('picker.meant', { meant })} ${remark}` : remark;
}
