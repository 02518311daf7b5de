import {
  MARK_TAGS,
  POD_IDENTITY_ANNOTATION,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { GuardrailsConfig } from '../clusters/types';
import { type EntityRecord, readEntityRecord } from '../identity/entityRecord';
import type { Tags } from '../identity/ownership';
import {
  type Claimant,
  mayActFor,
  type OwnershipContext,
} from './identityOwner';
import { namesOneEntity } from './roles';

/** Whose identity a pod would get. */
export interface ProbeSubject {
  ref: ServiceAccountRef;
  portalId: string;
  guardrails: Pick<GuardrailsConfig, 'probe'>;
  /** Of the association. */
  tags: Tags | undefined;
  /** Of the role that the pod ends up with, asked only where the association names no component. */
  roleTags(): Promise<Tags | undefined>;
}

/** Why a pod must not be run, or why it must try no commands; both in sentences. */
export interface ProbeRight {
  noPod?: string;
  noTests?: string;
}

const ALLOWED: ProbeRight = {};

/** Whether a user may do it whatever the tags say. */
export const mayProbeAny = ({ isAdministrator, decided }: Claimant) =>
  isAdministrator || decided === true;

/** The component that tags name. What another portal wrote speaks of another catalog. */
function recordIn(tags: Tags | undefined, portalId: string) {
  const portal = tags?.[MARK_TAGS.portal];
  return portal === undefined || portal === portalId
    ? readEntityRecord(tags)
    : undefined;
}

/**
 * Whose a role is, where its tags say which component of the name they mean.
 *
 * @public
 */
export function holderByTag(
  tags: Tags,
  portalId: string,
): EntityRecord | undefined {
  return namesOneEntity(tags, undefined) ? recordIn(tags, portalId) : undefined;
}

/** By hand a tag needs the uid of the component, too, where the catalog gives one. */
function tagsFor(entity: OwnershipContext['entity'], where: string): string {
  const { entityRef: refTag, entityUid: uidTag } = MARK_TAGS;
  const name = entity?.entityRef ?? '<that component>';
  const uid = entity?.uid ?? '<its metadata.uid in the catalog>';
  return uid
    ? `the tags ${refTag}=${name} and ${uidTag}=${uid} ${where}`
    : `the tag ${refTag}=${name} ${where}`;
}

const itTakes = (ways: string[]) => `It takes ${ways.join(', or ')}.`;
const CLAIMED = ', and an annotation is a claim that anybody can write';
const BY_NAME =
  'a tag on AWS names a component of the user who asked without its uid, and a name can be registered again';

/**
 * Judges what a pod may do under an identity for the user who asks. Tags on AWS say whose it is, since only those who may
 * write there can set them, and by its uid which component of the name. An annotation is a claim that anybody can write,
 * good for a pod that asks who it is; commands with the rights of the identity take a tag, a condition of the policy, or
 * an administrator.
 */
export async function probeRight(
  { ref, portalId, guardrails, tags, roleTags }: ProbeSubject,
  context: OwnershipContext,
): Promise<ProbeRight> {
  const { claimant, entity } = context;
  if (!claimant || mayProbeAny(claimant)) return ALLOWED;
  const record = recordIn(tags, portalId);
  const naming = record ? tags : await roleTags();
  const named = record ?? recordIn(naming, portalId);
  const isMine =
    named !== undefined && (await mayActFor(named, claimant, context));
  if (isMine && namesOneEntity(naming!, entity)) return ALLOWED;
  const isOthers = record !== undefined && !isMine;
  const { claimsIt } = claimant;
  if (claimsIt && guardrails.probe.trustClaims && !isOthers) return ALLOWED;
  const ways = [
    tagsFor(
      entity,
      record
        ? 'on the association'
        : 'on the association or the role that the pod ends up with',
    ),
    'an administrator (eksPodIdentity.administrators) who asks',
    `a condition of the permission policy that allows ${verificationCreatePermission.name} here`,
  ];
  const without = isMine
    ? BY_NAME
    : `no tag on AWS gives this identity to a component of the user who asked${
        claimsIt ? CLAIMED : ''
      }`;
  const trust = isOthers ? [] : ['guardrails.probe.trustClaims: true'];
  const noTests = `Not tried: ${without}. ${itTakes([...ways, ...trust])}`;
  if (claimsIt) return { noTests };
  const unclaimed = isMine
    ? BY_NAME
    : 'neither a tag on AWS nor the annotation of the component gives it this identity';
  const claim = `${stringifyServiceAccountRef(
    ref,
  )} in its annotation ${POD_IDENTITY_ANNOTATION}`;
  return {
    noTests,
    noPod: `No pod was run: ${unclaimed}. ${itTakes([claim, ...ways])}`,
  };
}
