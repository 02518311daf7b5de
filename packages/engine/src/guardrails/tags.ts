import { InputError, NotAllowedError } from '@backstage/errors';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { reservedTagKey } from '../aws/tagKeys';
import { findPattern } from './patterns';

/** Most tags that a role or an association can hold. Source: IAM quotas and EKS quotas, "Tags per resource". */
const MAX_TAGS = 50;

const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** IAM treats keys that differ only in letter case as one key. */
function folded(key: string): string {
  return key.toLowerCase();
}

/**
 * Judges the tags of a request together with the configured ones. A request may set the keys that
 * `guardrails.tags.allow` names, and repeat a configured tag.
 *
 * @param allow - tag keys, `*` stands for any text
 * @throws InputError or NotAllowedError naming the tag and the rule
 */
export function checkTags(
  tags: Record<string, string> | undefined,
  configured: Record<string, string>,
  allow: readonly string[],
): void {
  const entries = Object.entries(tags ?? {});
  const required = new Map(
    Object.keys(configured).map(key => [folded(key), key]),
  );
  const seen = new Map<string, string>();
  for (const [key, value] of entries) {
    const field = `tags["${key}"]`;
    const fold = folded(key);
    const reserved = reservedTagKey(key);
    if (reserved) {
      throw new NotAllowedError(
        `${field} is not allowed: the key ${reserved}; choose another key`,
      );
    }
    if (key.length < 1 || key.length > 128 || !CHARACTERS.test(key)) {
      throw new InputError(
        `${field} is not a tag key: 1 to 128 letters, digits, spaces and _ . : / = + - @`,
      );
    }
    if (value.length > 256 || !CHARACTERS.test(value)) {
      throw new InputError(
        `${field} has a value that AWS does not accept: at most 256 letters, digits, spaces and _ . : / = + - @`,
      );
    }
    const rule = required.get(fold);
    if (rule !== undefined && rule !== key) {
      throw new NotAllowedError(
        `${field} is not allowed: it differs only in letter case from "${rule}", which eksPodIdentity.tags requires, and IAM treats both as one key; leave the tag out`,
      );
    }
    if (rule !== undefined && configured[rule] !== value) {
      throw new NotAllowedError(
        `${field} is not allowed: eksPodIdentity.tags requires the value "${configured[rule]}"; leave the tag out`,
      );
    }
    if (rule === undefined && !findPattern(allow, key)) {
      throw new NotAllowedError(
        `${field} is not allowed: policies may decide by the tags of a role, so guardrails.tags.allow names the keys that a request may set: ${
          allow.join(', ') || 'none'
        }. Leave the tag out, or ask the platform team for it`,
      );
    }
    const twin = seen.get(fold);
    if (twin !== undefined) {
      throw new InputError(
        `tags "${twin}" and "${key}" differ only in letter case, which IAM does not allow`,
      );
    }
    seen.set(fold, key);
  }
  const total =
    new Set([...required.keys(), ...seen.keys()]).size +
    Object.keys(MARK_TAGS).length;
  if (total > MAX_TAGS) {
    throw new InputError(
      `tags: ${total} with the ownership tags and the configured ones, and AWS takes at most ${MAX_TAGS}: leave out ${
        total - MAX_TAGS
      }`,
    );
  }
}
