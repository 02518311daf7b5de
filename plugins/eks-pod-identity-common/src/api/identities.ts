import { z } from 'zod/v3';
import { plain, sentence, suggestions } from '../vocabulary/disclosure';
import {
  type EntityAccess,
  entityAccessSchema,
  type EntityNodeUse,
  entityNodeUseSchema,
} from './access';
import {
  useOfIdentitySchema,
  type UseSummary,
  useSummarySchema,
} from './evidenceView';
import {
  type IdentityStatus,
  identityStatusSchema,
} from '../vocabulary/identityStatus';
import {
  type ServiceAccountRef,
  serviceAccountRefSchema,
} from '../vocabulary/ref';
import {
  type CheckFix,
  checkFixSchema,
  type CheckStatus,
  checkStatusSchema,
  type OutdatedWorkload,
  outdatedWorkloadSchema,
  type ProofLevel,
  proofLevelSchema,
} from '../vocabulary/report';
import { identityPermissionsSchema } from './permissionsOfRole';
import { type ReportSummary, reportSummarySchema } from './runs';
import { endpoint } from './endpoint';
import {
  associationReadPermission,
  podIdentityUsePermission,
  verificationCreatePermission,
} from '../vocabulary/permissions';
import { ofEntity, ofServiceAccount } from './places';
import { object } from '../vocabulary/schema';

/** One hop of the path a credential takes from the pod to AWS. @public */
export interface CredentialHop {
  /** `target-role` only where the association has one. */
  id:
    | 'pods'
    | 'service-account'
    | 'association'
    | 'role'
    | 'target-role'
    | 'policies'
    | 'permissions';
  /** `pass` only if it was looked at; `skip` too behind a hop that failed. */
  status: CheckStatus;
  /** Name of the resource, as far as it is known. */
  name?: string;
  /** Names of several resources, at most 20; of `permissions` the commands that were tested, such as `s3 ls`. */
  names?: string[];
  /** What was found: `3 of 5`, `1 policy`, `s3 ls`, or the fault: `does not exist`. Empty where nothing was. */
  detail: string;
  /** ISO 8601; when permissions were tested. */
  testedAt?: string;
  /** AWS console page of the resource. */
  consoleUrl?: string;
  /** The finding on this hop that explains the others. */
  finding?: {
    checkId: string;
    message: string;
    fix?: CheckFix;
    docsUrl: string;
    /** True if it heads the report. */
    isCause?: boolean;
    /** Number of checks that wait for it. */
    waiting?: number;
    /** Service accounts that may be meant instead; only those that the caller may see. */
    nearby?: ServiceAccountRef[];
    /** Running pods that a restart of their workloads would fix. */
    restart?: OutdatedWorkload[];
  };
}

const credentialHopSchema = object<CredentialHop>({
  id: z.enum([
    'pods',
    'service-account',
    'association',
    'role',
    'target-role',
    'policies',
    'permissions',
  ]),
  status: checkStatusSchema,
  name: sentence().optional(),
  names: z.array(sentence()).optional(),
  detail: sentence(),
  testedAt: plain().optional(),
  consoleUrl: plain().optional(),
  finding: z
    .object({
      checkId: plain(),
      message: sentence(),
      fix: checkFixSchema.optional(),
      docsUrl: plain(),
      isCause: z.boolean().optional(),
      waiting: z.number().optional(),
      nearby: suggestions(z.array(serviceAccountRefSchema)).optional(),
      restart: z.array(outdatedWorkloadSchema).optional(),
    })
    .optional(),
});

/**
 * A change of an identity that is under way, or that broke off: what it had done by then stands.
 *
 * @public
 */
export interface OpenChange {
  kind: 'associate' | 'teardown' | 'migrate' | 'rollback';
  /** `waiting`: a move that has stopped and waits for a user to continue it or to roll it back. */
  state: 'running' | 'cancelled' | 'failed' | 'waiting';
  /** ISO 8601; when it was asked for or, unless it runs, when it ended. */
  at: string;
  /** Of a move that waits: workloads that a user has to confirm as working, such as `Deployment api`. */
  toConfirm?: string[];
  /** What was confirmed before, and whether it goes on without a way back: for the next request. */
  confirmed?: string[];
  noWayBack?: true;
}

const openChangeSchema = object<OpenChange>({
  kind: z.enum(['associate', 'teardown', 'migrate', 'rollback']),
  state: z.enum(['running', 'cancelled', 'failed', 'waiting']),
  at: plain(),
  toConfirm: z.array(sentence()).optional(),
  confirmed: z.array(sentence()).optional(),
  noWayBack: z.literal(true).optional(),
});

/** Everything a card shows of one service account. @public */
export interface Identity {
  ref: ServiceAccountRef;
  clusterTitle: string;
  /** False when the annotation names a cluster that the portal does not know. */
  clusterKnown: boolean;
  /** What links the entity to the ref; nothing before its first setup has ended. */
  sources: Array<'annotation' | 'aws-tag'>;
  status: IdentityStatus;
  /** The word for the status and the sentence, `word: sentence`; until 1.0. */
  headline: string;
  /** The worst finding and what to do, to follow the word for the status. */
  sentence: string;
  /** Warnings that leave the status as it is; absent if there are none. */
  notes?: number;
  /** What the identity was when it was something else; absent unless it changed since. */
  changedSince?: 'proof' | 'failure';
  /** ISO 8601; last time a pod really obtained the identity. */
  provenAt?: string;
  /** Its proof no longer counts, by its age or by what has been replaced since. */
  proofFaded?: boolean;
  /** ISO 8601; last run, with or without a pod. */
  lookedAt?: string;
  /** Set while the cluster cannot be read: since when, and why. */
  stale?: { since: string; reason: string };
  /** Set while a verification runs; `mine`: the caller started it, so may cancel it. */
  verifying?: { operationId: string; mine?: boolean };
  /** The last change, unless it went through. */
  change?: OpenChange;
  /** Set while the backend looks whether the association and its role are still what is shown. */
  looking?: boolean;
  association?: {
    id: string;
    arn: string;
    owner: 'portal' | 'addon' | 'external';
    roleArn: string;
    targetRoleArn?: string;
    consoleUrl?: string;
  };
  path: CredentialHop[];
  /** How far the proof goes: by the application itself, by a pod of the portal, by a dry run. */
  proofLevel?: ProofLevel;
  /** What AWS recorded of its use by applications. */
  use?: UseSummary;
  lastProof?: ReportSummary;
  lastLook?: ReportSummary;
  /** What the caller may do here. */
  can: {
    verify: boolean;
    remove: boolean;
    /** Have the portal restart the workloads that a finding names. */
    restart: boolean;
    /** Have its move go on, or take it back; absent where no move of it is open. */
    migrate?: boolean;
    rollback?: boolean;
  };
  /**
   * What the last associate asked for, as a form takes it; empty where there was none. Only where associating again fixes
   * a finding and the caller may do that.
   */
  repair?: {
    roleArn?: string;
    managedPolicyArns?: string[];
    /** It set what no form asks for; see the input of associate. */
    keepSettings?: true;
    /** The association was given another role since. */
    replaceRole?: true;
    /** The caller may have the pods restarted with it. */
    restarts?: true;
    /** The caller may have the agent installed with it. */
    installsAgent?: true;
  };
  /** Who can fix a finding where the caller does not own the component: `the payments team`. */
  askWhom?: string;
}

/** @public */
export const identitySchema = object<Identity>({
  ref: serviceAccountRefSchema,
  clusterTitle: plain(),
  clusterKnown: z.boolean(),
  sources: z.array(z.enum(['annotation', 'aws-tag'])),
  status: identityStatusSchema,
  headline: sentence(),
  sentence: sentence(),
  notes: z.number().optional(),
  changedSince: z.enum(['proof', 'failure']).optional(),
  provenAt: plain().optional(),
  proofFaded: z.boolean().optional(),
  lookedAt: plain().optional(),
  stale: z.object({ since: plain(), reason: sentence() }).optional(),
  verifying: z
    .object({ operationId: plain(), mine: z.boolean().optional() })
    .optional(),
  change: openChangeSchema.optional(),
  looking: z.boolean().optional(),
  association: z
    .object({
      id: plain(),
      arn: plain(),
      owner: z.enum(['portal', 'addon', 'external']),
      roleArn: plain(),
      targetRoleArn: plain().optional(),
      consoleUrl: plain().optional(),
    })
    .optional(),
  path: z.array(credentialHopSchema),
  proofLevel: proofLevelSchema.optional(),
  use: useSummarySchema.optional(),
  lastProof: reportSummarySchema.optional(),
  lastLook: reportSummarySchema.optional(),
  can: z.object({
    verify: z.boolean(),
    remove: z.boolean(),
    restart: z.boolean(),
    migrate: z.boolean().optional(),
    rollback: z.boolean().optional(),
  }),
  repair: z
    .object({
      roleArn: plain().optional(),
      managedPolicyArns: z.array(plain()).optional(),
      keepSettings: z.literal(true).optional(),
      replaceRole: z.literal(true).optional(),
      restarts: z.literal(true).optional(),
      installsAgent: z.literal(true).optional(),
    })
    .optional(),
  askWhom: plain().optional(),
});

/** Answer of `GET /v1/entities/:kind/:namespace/:name`. @public */
export interface EntityIdentities {
  entityRef: string;
  /** Worst first. */
  identities: Identity[];
  /** One sentence for each part of the annotation that cannot be read. */
  problems: string[];
  /**
   * Its service accounts that get to AWS without Pod Identity, as the last look at all AWS access found them: at most 20,
   * what needs a person first. Absent where there are none.
   */
  access?: EntityAccess[];
  /** Its service accounts without an association whose pods may be what calls AWS as their node. Absent where there are none. */
  asNode?: EntityNodeUse[];
  /** Number of refs that the caller is not allowed to see. */
  hidden: number;
  /** Signals channel that announces changes; it is known only from this answer. */
  signalChannel?: string;
  /** True if there is a cluster on which the caller may create an identity for this entity. */
  canCreate: boolean;
}

/** @public */
export const entityIdentitiesSchema = object<EntityIdentities>({
  entityRef: plain(),
  identities: z.array(identitySchema),
  problems: z.array(sentence()),
  access: z.array(entityAccessSchema).optional(),
  asNode: z.array(entityNodeUseSchema).optional(),
  hidden: z.number(),
  signalChannel: plain().optional(),
  canCreate: z.boolean(),
});

/** @public */
export const identityEndpoints = {
  /** The identity of one service account, whatever entity it belongs to; read from the portal's database only. */
  getIdentity: endpoint({
    route: 'GET /v1/service-accounts/{cluster}/{namespace}/{name}',
    at: ofServiceAccount,
    answer: identitySchema,
    needs: [podIdentityUsePermission, associationReadPermission],
    summary: 'The identity of one service account',
    description:
      'Needs eks-pod-identity.use, and eks-pod-identity.association.read on the service account. What the card of its entity shows, also where it has none. From the database alone: asks neither AWS nor Kubernetes.',
    failures: [400, 403],
    cached: true,
  }),
  /** What the policies of its role let it do, in words; read from AWS. */
  getPermissions: endpoint({
    route: 'GET /v1/service-accounts/{cluster}/{namespace}/{name}/permissions',
    at: ofServiceAccount,
    answer: identityPermissionsSchema,
    needs: [associationReadPermission, verificationCreatePermission],
    summary: 'What the role of an identity may do, in words',
    description:
      'Needs eks-pod-identity.association.read and .verification.create on the service account: by a condition of the policy, or as the owner by the tag in AWS or an administrator. Reads the policies of the role from AWS, at most once a minute: the target role where the association has one. Policies of resources and of the organisation are not read.',
    failures: [400, 403, 404, 409],
  }),
  /** What AWS recorded of the use of an identity, as far as it is stored. */
  getUse: endpoint({
    route: 'GET /v1/service-accounts/{cluster}/{namespace}/{name}/use',
    at: ofServiceAccount,
    answer: useOfIdentitySchema,
    needs: [associationReadPermission],
    summary: 'What AWS recorded of the use of an identity',
    description:
      'Needs eks-pod-identity.association.read on the service account. As far as it is stored: asks AWS nothing. Others who obtain the role are named only to those who may know them.',
    failures: [400, 403],
    cached: true,
    chosen: true,
  }),
  /** The same, and has the portal search what is new, unless that was just done. */
  refreshUse: endpoint({
    route: 'POST /v1/service-accounts/{cluster}/{namespace}/{name}/use',
    at: ofServiceAccount,
    answer: useOfIdentitySchema,
    needs: [associationReadPermission],
    summary: 'The same, while the portal searches what is new',
    description:
      'Needs eks-pod-identity.association.read on the service account. Answers at once with what is stored; refreshing says whether a search was begun. A search less than a minute ago is not repeated.',
    failures: [400, 403],
    chosen: true,
  }),
  /** The identities of one entity, as a card shows them; read from the portal's database only. */
  getEntityIdentities: endpoint({
    route: 'GET /v1/entities/{kind}/{namespace}/{name}',
    at: ofEntity,
    answer: entityIdentitiesSchema,
    needs: [podIdentityUsePermission, associationReadPermission],
    summary: 'Everything the card of an entity shows',
    description:
      'Needs eks-pod-identity.use. The entity is loaded with the caller’s credentials, and each of its service accounts needs eks-pod-identity.association.read. From the database alone: asks neither AWS nor Kubernetes.',
    failures: [400, 403, 404],
    cached: true,
  }),
};
