import { InputError, NotAllowedError } from '@backstage/errors';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';

/** Tags a role or an association can hold. Source: IAM quotas and EKS quotas, "Tags per resource". */
const MAX_TAGS = 50;

const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/**
 * Judges the tags of a request beside the configured ones.
 *
 * @throws InputError or NotAllowedError naming the tag and the rule
 */
export function checkTags(
  tags: Record<string, string> | undefined,
  configured: Record<string, string>,
): void {
  const entries = Object.entries(tags ?? {});
  for (const [key, value] of entries) {
    const field = `tags["${key}"]`;
    if (/^aws:/i.test(key)) {
      throw new InputError(
        `${field} is not possible: AWS keeps tag keys that begin with "aws:" to itself`,
      );
    }
    if (/^backstage\.io\//i.test(key)) {
      throw new NotAllowedError(
        `${field} is not allowed: the portal marks what it owns with tags that begin with "backstage.io/"; choose another key`,
      );
    }
    if (key.length < 1 || key.length > 128 || !CHARACTERS.test(key)) {
      throw new InputError(
        `${field} is not a tag key: 1 to 128 letters, digits, spaces and _ . : / = + - @`,
      );
    }
    if (value.length > 256 || !CHARACTERS.test(value)) {
      throw new InputError(
        `${field} has a value that AWS does not take: at most 256 letters, digits, spaces and _ . : / = + - @`,
      );
    }
    if (key in configured && configured[key] !== value) {
      throw new NotAllowedError(
        `${field} is not allowed: eksPodIdentity.tags requires the value "${configured[key]}"; leave the tag out`,
      );
    }
    const twin = entries.find(
      ([other]) => other !== key && other.toLowerCase() === key.toLowerCase(),
    );
    if (twin) {
      throw new InputError(
        `tags "${key}" and "${twin[0]}" differ only in letter case, which IAM does not allow`,
      );
    }
  }
  const total =
    new Set([...Object.keys(configured), ...entries.map(([key]) => key)]).size +
    Object.keys(MARK_TAGS).length;
  if (total > MAX_TAGS) {
    throw new InputError(
      `tags: ${total} with the portal's own and the configured ones, and AWS takes at most ${MAX_TAGS}: leave out ${
        total - MAX_TAGS
      }`,
    );
  }
}
