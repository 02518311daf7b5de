import type { Role } from '../aws/role';
import { EDIT_TRUST_TAG } from '../aws/portalRights';
import type { ClusterConfig } from '../clusters/types';
import { parsePolicyDocument } from '../iam/policyDocument';
import { makerOfRole } from '../identity/roleMaker';
import { deadPrincipals } from '../identity/trustPrincipals';
import { aws } from '../text/bash';
import { capitalised } from '../text/capitalised';
import { type Voice, voiceOf } from '../text/voice';
import { findPattern } from './patterns';
import { isOpenByTag, patternsFor } from './roles';

/** Whose trust policies a portal may edit, and which portal it is. */
export interface TrustEditor {
  /** `guardrails.roles.editTrust` of the cluster. */
  patterns: readonly string[];
  /** With which the owner of a role tags it; undefined where there is no portal. */
  portalId?: string;
  /** ARNs of roles that the portal itself assumes. */
  portalRoles: readonly string[];
  region: string;
  voice: Voice;
}

/** Whether a move may add its statement to the trust policy of a role. */
export type TrustEditVerdict =
  | {
      allowed: true;
      /** Of the configuration. */
      pattern: string;
      /** Who does it, in words. */
      by: string;
    }
  /** Sentences; none where the configuration does not name the role. */
  | { allowed: false; reasons: string[] };

/** The editor that a cluster is configured for. */
export const trustEditorOf = (
  {
    allow,
    guardrails,
    portalId,
    region,
    voice,
  }: Pick<
    ClusterConfig,
    'allow' | 'guardrails' | 'portalId' | 'region' | 'voice'
  >,
  portalRoles: readonly string[],
): TrustEditor => ({
  patterns: allow.changes ? guardrails.roles.editTrust : [],
  portalId,
  portalRoles,
  region,
  voice: voiceOf({ voice }),
});

/** What keeps the portal from a role that the configuration names. */
function refusals(
  { arn, name, tags, trustPolicy }: Role,
  { portalId, portalRoles, region, voice }: TrustEditor,
): string[] {
  if (!isOpenByTag(arn, { portalRoles })) {
    return [
      `Role ${name} governs the account or is ${voice.my} own: no pattern opens its trust policy.`,
    ];
  }
  const left = `${capitalised(
    voice.me,
  )} leaves the trust policy of role ${name} alone although guardrails.roles.editTrust names it:`;
  const maker = makerOfRole({ name, tags });
  const isDead = parsePolicyDocument(trustPolicy).Statement.some(
    one => deadPrincipals(one).length > 0,
  );
  return [
    ...(maker
      ? [
          `${left} ${
            maker.by === 'tag'
              ? `${maker.tool} made the role`
              : `its name looks as if ${maker.tool} had made the role`
          }, and the next run of that would undo the edit.`,
        ]
      : []),
    ...(isDead
      ? [
          `${left} a statement names a principal that was deleted, which IAM does not store again. What becomes of it is for the owner of the role to say.`,
        ]
      : []),
    ...(tags[EDIT_TRUST_TAG] === portalId
      ? []
      : [
          `guardrails.roles.editTrust names role ${name}, but its owner has not let ${
            voice.us
          } edit its trust policy. That takes the tag: ${
            aws`iam tag-role --region ${region} --role-name ${name} --tags ${`Key=${EDIT_TRUST_TAG},Value=${portalId}`}`
              .text
          }`,
        ]),
  ];
}

/**
 * Judges whether a move may add its statement to the trust policy of a role: `guardrails.roles.editTrust` names it, its owner
 * tagged it for this portal, no tool keeps it, and what stands in it can be stored again. It says nothing of whether the
 * role may be used.
 */
export function judgeTrustEdit(
  role: Role,
  namespace: string,
  editor: TrustEditor,
): TrustEditVerdict {
  const pattern = editor.patterns.find(one =>
    findPattern(patternsFor(one, { namespace }), role.arn),
  );
  if (pattern === undefined || !editor.portalId) {
    return { allowed: false, reasons: [] };
  }
  const reasons = refusals(role, editor);
  return reasons.length > 0
    ? { allowed: false, reasons }
    : { allowed: true, pattern, by: editor.voice.me };
}
