import { trimEnd } from '../text/search';
import { createHash } from 'crypto';
import type { ClusterConfig } from '../clusters/types';

/** A service account as AWS knows it; the portal's own id of the cluster is not part of it. */
export interface IdentityTarget {
  clusterArn: string;
  namespace: string;
  serviceAccount: string;
}

/** Longest IAM role name. Source: IAM and STS quotas, "IAM name limits". */
const ROLE_NAME_LENGTH = 64;

const ROLE_NAME_PATTERN = /^[\w+=,.@-]{1,64}$/;

/** Prefix of all our Sids; the hash of one ref follows. */
const SID_PREFIX = 'BackstageEksPodIdentity';

/** The same for statements of moves. */
const MOVE_SID_PREFIX = 'BackstageEksMove';

/** Prefix of the inline policies that we write. */
const INLINE_POLICY_PREFIX = 'BackstageEksPodIdentity-';

/** The one inline policy that lets a role assume its target role; no policy that a user names can have this name. */
export const TARGET_POLICY_NAME = 'BackstageEksPodIdentityTarget';

/**
 * SHA-256 over clusterArn/namespace/serviceaccount, hexadecimal. No two refs share a text: names of namespaces and
 * service accounts hold no `/`, so the last two separators are unambiguous.
 */
export function identityHash(target: IdentityTarget): string {
  return createHash('sha256')
    .update(
      `${target.clusterArn}/${target.namespace}/${target.serviceAccount}`,
      'utf8',
    )
    .digest('hex');
}

/** Sid of our own trust statement for this ref; Sids hold letters and digits only. */
export function trustSid(target: IdentityTarget): string {
  return `${SID_PREFIX}${identityHash(target).slice(0, 16)}`;
}

/**
 * Sid of the statement that a move adds for this ref to a role of others. It is in no text that asks an owner for a statement,
 * so that theirs and ours differ.
 */
export function moveSid(target: IdentityTarget): string {
  return `${MOVE_SID_PREFIX}${identityHash(target).slice(0, 16)}`;
}

/** True for a Sid that this suite writes, for any ref. */
export function isOurSid(sid: unknown): boolean {
  return (
    typeof sid === 'string' &&
    sid.length === SID_PREFIX.length + 16 &&
    sid.startsWith(SID_PREFIX) &&
    /^[0-9a-f]{16}$/.test(sid.slice(SID_PREFIX.length))
  );
}

/** How many names there are for the role of one ref, for the case that another role has the first ones. */
const DEFAULT_NAMES = 4;

/** `eks-<cluster>-<ns>-<sa>-<hash8>`: readable, cut before the hash, unique by the hash. */
function roleNameBefore(
  clusterName: string,
  target: IdentityTarget,
  hash: string,
  prefix = 'eks',
): string {
  const readable =
    `${prefix}-${clusterName}-${target.namespace}-${target.serviceAccount}`.replace(
      /[^\w+=,.@-]/g,
      '-',
    );
  const room = ROLE_NAME_LENGTH - hash.length - 1;
  return `${trimEnd(readable.slice(0, room), '-.')}-${hash}`;
}

/**
 * The names that the role of a ref may have, best first: always the same ones, so that a role is found again after a
 * crash. They differ in their hash alone.
 */
export function defaultRoleNames(
  clusterName: string,
  target: IdentityTarget,
): string[] {
  const whole = identityHash(target);
  // Each takes the next part of the hash.
  return Array.from({ length: DEFAULT_NAMES }, (_, index) =>
    roleNameBefore(clusterName, target, whole.slice(index * 8, index * 8 + 8)),
  );
}

/** The first of the names of a ref's role. */
export function defaultRoleName(
  clusterName: string,
  target: IdentityTarget,
): string {
  return defaultRoleNames(clusterName, target)[0];
}

/** Name of a role by which a service account goes on to one of another account; no name that the portal gives is like it. */
export function hopRoleName(
  clusterName: string,
  target: IdentityTarget,
  targetRoleArn: string,
): string {
  const hash = createHash('sha256')
    .update(`${identityHash(target)}/${targetRoleArn}`, 'utf8')
    .digest('hex');
  return roleNameBefore(clusterName, target, hash.slice(0, 8), 'move');
}

/** True for a name that looks like one that the portal gives, to whichever ref. */
export function isLikeDefaultName(name: string): boolean {
  return /^eks-.+-[0-9a-f]{8}$/i.test(name);
}

/** True for a name that IAM accepts. */
export function isRoleName(name: string): boolean {
  return ROLE_NAME_PATTERN.test(name);
}

/** Name of our inline policy for the name that a user chose. @public */
export function inlinePolicyName(name: string): string {
  return `${INLINE_POLICY_PREFIX}${name}`;
}

/** True for an inline policy that this suite wrote. */
export function isOurInlinePolicy(name: string): boolean {
  return name.startsWith(INLINE_POLICY_PREFIX) || name === TARGET_POLICY_NAME;
}

/** The ref as AWS knows it. */
export function identityTarget(
  cluster: Pick<ClusterConfig, 'arn'>,
  ref: { namespace: string; serviceAccount: string },
): IdentityTarget {
  return {
    clusterArn: cluster.arn,
    namespace: ref.namespace,
    serviceAccount: ref.serviceAccount,
  };
}
