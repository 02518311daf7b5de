import { z } from 'zod/v3';
import { entityRef, links, plain, sentence } from './disclosure';
import { type IdentityStatus, identityStatusSchema } from './identityStatus';
import { type Plan, planSchema, type PlanStep } from './plan';
import {
  type Proof,
  proofSchema,
  type VerificationReport,
  verificationReportSchema,
} from './report';
import { object } from './schema';

/** @public */
export interface Link {
  title: string;
  url: string;
}

const linkSchema = object<Link>({ title: sentence(), url: plain() });

/** @public */
export interface AssociateResult {
  kind: 'associate';
  /** False if only a plan was made. */
  applied: boolean;
  changed: boolean;
  roleArn?: string;
  effectiveRoleArn?: string;
  roleName?: string;
  associationId?: string;
  associationArn?: string;
  externalId?: string;
  /** Component that the tag of the association names, if the association belongs to this portal. */
  taggedEntityRef?: string;
  /** Id from app-config. */
  clusterName: string;
  /** Name in EKS. */
  eksClusterName: string;
  namespace: string;
  serviceAccount: string;
  /** YAML that a team can commit instead of letting the portal create the service account. */
  serviceAccountManifest: string;
  /** Trust statement that the owner of the target role has to add, JSON. */
  targetTrustPolicy?: string;
  effective: 'yes' | 'no' | 'unknown';
  effectiveAfterSeconds?: number;
  plan: Plan;
  warnings: string[];
  links: Link[];
}

/** @public */
export const associateResultSchema = object<AssociateResult>({
  kind: z.literal('associate'),
  applied: z.boolean(),
  changed: z.boolean(),
  roleArn: plain().optional(),
  effectiveRoleArn: plain().optional(),
  roleName: plain().optional(),
  associationId: plain().optional(),
  associationArn: plain().optional(),
  externalId: plain().optional(),
  taggedEntityRef: entityRef().optional(),
  clusterName: plain(),
  eksClusterName: plain(),
  namespace: plain(),
  serviceAccount: plain(),
  serviceAccountManifest: sentence(),
  targetTrustPolicy: sentence().optional(),
  effective: z.enum(['yes', 'no', 'unknown']),
  effectiveAfterSeconds: z.number().optional(),
  plan: planSchema,
  warnings: z.array(sentence()),
  links: links(z.array(linkSchema)),
});

/** @public */
export interface VerifyResult {
  kind: 'verify';
  status: IdentityStatus;
  proof: Proof;
  callerArn?: string;
  passed: number;
  failed: number;
  reused: boolean;
  report: VerificationReport;
  links: Link[];
}

/** @public */
export const verifyResultSchema = object<VerifyResult>({
  kind: z.literal('verify'),
  status: identityStatusSchema,
  proof: proofSchema,
  callerArn: plain().optional(),
  passed: z.number(),
  failed: z.number(),
  reused: z.boolean(),
  report: verificationReportSchema,
  links: links(z.array(linkSchema)),
});

/** @public */
export interface TeardownResult {
  kind: 'teardown';
  applied: boolean;
  changed: boolean;
  removed: Array<{ kind: string; name: string }>;
  kept: Array<{ kind: string; name: string; reason: string }>;
  affectedWorkloads: Array<{ kind: string; name: string; pods: number }>;
  plan: Plan;
  warnings: string[];
}

/** @public */
export const teardownResultSchema = object<TeardownResult>({
  kind: z.literal('teardown'),
  applied: z.boolean(),
  changed: z.boolean(),
  removed: z.array(z.object({ kind: plain(), name: sentence() })),
  kept: z.array(
    z.object({ kind: plain(), name: sentence(), reason: sentence() }),
  ),
  affectedWorkloads: z.array(
    z.object({ kind: plain(), name: sentence(), pods: z.number() }),
  ),
  plan: planSchema,
  warnings: z.array(sentence()),
});

/** @public */
export interface RestartResult {
  kind: 'restart';
  /** False if no workload needed a restart. */
  changed: boolean;
  plan: Plan;
  /** Also names the workloads that were left alone, with the reason. */
  warnings: string[];
}

const restartResultSchema = object<RestartResult>({
  kind: z.literal('restart'),
  changed: z.boolean(),
  plan: planSchema,
  warnings: z.array(sentence()),
});

/** @public */
export const migrateStateSchema = z.enum([
  'planned',
  'rehearsed',
  'moving',
  'moved',
  'finished',
]);

/** An association at the end of an operation. @public */
export interface AssociationAtEnd {
  id: string;
  arn: string;
  roleArn: string;
  targetRoleArn?: string;
  /** Component that its tag names, if it belongs to this portal. */
  taggedEntityRef?: string;
  owner: PlanStep['owner'];
}

const associationAtEndSchema = object<AssociationAtEnd>({
  id: plain(),
  arn: plain(),
  roleArn: plain(),
  targetRoleArn: plain().optional(),
  taggedEntityRef: entityRef().optional(),
  owner: z.enum(['portal', 'addon', 'external']),
});

/** @public */
export interface MigrateResult {
  kind: 'migrate';
  /** False if only a plan was made. */
  applied: boolean;
  changed: boolean;
  roleArn: string;
  /**
   * How far the move is. `planned`: nothing was done. `rehearsed`: another service account obtained the role. `moving`: some
   * pods still use IRSA, or wait for a user to confirm that they work. `moved`: CloudTrail shows that all running pods
   * obtained the role, or a user confirmed it. `finished`: the role no longer lets the service account in by IRSA.
   */
  state: z.infer<typeof migrateStateSchema>;
  /** Workloads, such as `Deployment api`, that CloudTrail does not show to have obtained the role: the portal waits until a user confirms that they work. */
  toConfirm: string[];
  /** Workloads that a user had confirmed. */
  confirmed: string[];
  /** It goes on although there is no way back. */
  noWayBack?: true;
  association?: AssociationAtEnd;
  plan: Plan;
  warnings: string[];
}

/** @public */
export const migrateResultSchema = object<MigrateResult>({
  kind: z.literal('migrate'),
  applied: z.boolean(),
  changed: z.boolean(),
  roleArn: plain(),
  state: migrateStateSchema,
  toConfirm: z.array(sentence()),
  confirmed: z.array(sentence()),
  noWayBack: z.literal(true).optional(),
  association: associationAtEndSchema.optional(),
  plan: planSchema,
  warnings: z.array(sentence()),
});

/** @public */
export interface RollbackResult {
  kind: 'rollback';
  /** False if only a plan was made. */
  applied: boolean;
  changed: boolean;
  /** There is no association at the end. */
  gone: boolean;
  plan: Plan;
  warnings: string[];
}

/** @public */
export const rollbackResultSchema = object<RollbackResult>({
  kind: z.literal('rollback'),
  applied: z.boolean(),
  changed: z.boolean(),
  gone: z.boolean(),
  plan: planSchema,
  warnings: z.array(sentence()),
});

/** @public */
export type OperationResult =
  | AssociateResult
  | VerifyResult
  | TeardownResult
  | RestartResult
  | MigrateResult
  | RollbackResult;

/** @public */
export const operationResultSchema: z.ZodType<OperationResult> =
  z.discriminatedUnion('kind', [
    associateResultSchema,
    verifyResultSchema,
    teardownResultSchema,
    restartResultSchema,
    migrateResultSchema,
    rollbackResultSchema,
  ]);
