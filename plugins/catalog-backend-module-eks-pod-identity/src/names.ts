import { createHash } from 'node:crypto';
import {
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

/** The longest name of an entity. */
const MAX_LENGTH = 63;

/** Neither dots, which join the parts, nor upper case, which the catalog does not tell from lower case. */
const PLAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** The beginning of a SHA-256 of a text. */
export function hashOf(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/**
 * Depends on the ref alone, so that it stays the same whatever else there is. It is the ref, joined with dots, where that
 * can be no other ref, and has a hash of it where it could.
 */
export function nameOfIdentity(ref: ServiceAccountRef): string {
  const { cluster, namespace, serviceAccount } = ref;
  const joined = [cluster, namespace, serviceAccount].join('.');
  const isUnique = PLAIN.test(cluster) && PLAIN.test(serviceAccount);
  return isUnique && joined.length <= MAX_LENGTH
    ? joined
    : withHash(joined, hashOf(stringifyServiceAccountRef(ref), 10));
}

/**
 * Roles of two accounts may have one name. The hash tells them apart, and is too short to tell an account by: thousands of
 * accounts have the same one.
 */
export function nameOfRole(arn: string): string {
  return withHash(shortNameOf(arn), hashOf(arn, 6));
}

/** What people call a role, without its path and account. */
export function shortNameOf(arn: string): string {
  return arn.split('/').at(-1) ?? arn;
}

function withHash(text: string, hash: string): string {
  const start = text
    .replace(/[^A-Za-z0-9_.-]/g, '-')
    .slice(0, MAX_LENGTH - hash.length - 1)
    .replace(/^[_.-]+/, '');
  return start ? `${start}-${hash}` : hash;
}
