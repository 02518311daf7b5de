import {
  MARK_TAGS,
  POD_IDENTITY_ANNOTATION,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { GuardrailsConfig } from '../clusters/types';
import { readEntityRecord } from '../identity/entityRecord';
import type { Tags } from '../identity/ownership';
import {
  type Claimant,
  mayActFor,
  type OwnershipContext,
} from './identityOwner';

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

const TO_ALLOW = [
  `the tag ${MARK_TAGS.entityRef} of the association or its role with the name of that component`,
  'an administrator (eksPodIdentity.administrators) who asks',
  `a condition of the permission policy that allows ${verificationCreatePermission.name} here`,
];

/**
 * Judges what a pod may do under an identity for the user who asks. Tags on AWS say whose it is, since only those who may
 * write there can set them. An annotation is a claim that anybody can write, good for a pod that asks who it is; commands
 * with the rights of the identity take a tag, a condition of the policy, or an administrator.
 */
export async function probeRight(
  { ref, portalId, guardrails, tags, roleTags }: ProbeSubject,
  context: OwnershipContext,
): Promise<ProbeRight> {
  const { claimant } = context;
  if (!claimant || mayProbeAny(claimant)) return ALLOWED;
  const record = recordIn(tags, portalId);
  const named = record ?? recordIn(await roleTags(), portalId);
  if (named && (await mayActFor(named, claimant, context))) return ALLOWED;
  const { trustClaims } = guardrails.probe;
  if (claimant.claimsIt && trustClaims && !record) return ALLOWED;
  const others = record ? [] : ['guardrails.probe.trustClaims: true'];
  const toAllow = (ways: string[]) => `It takes ${ways.join(', or ')}.`;
  const noTests = `Not tried: no tag on AWS gives this identity to a component of the user who asked${
    claimant.claimsIt
      ? ', and an annotation is a claim that anybody can write'
      : ''
  }. ${toAllow([...TO_ALLOW, ...others])}`;
  if (claimant.claimsIt) return { noTests };
  return {
    noTests,
    noPod: `No pod was run: neither a tag on AWS nor the annotation of the component gives it this identity. ${toAllow(
      [
        `${stringifyServiceAccountRef(
          ref,
        )} in its annotation ${POD_IDENTITY_ANNOTATION}`,
        ...TO_ALLOW,
      ],
    )}`,
  };
}
