import { z } from 'zod/v3';
import { planSchema } from './plan';
import {
  proofSchema,
  reportStatusSchema,
  verificationReportSchema,
} from './report';

/** @public */
export const linkSchema = z.object({ title: z.string(), url: z.string() });

/** @public */
export const associateResultSchema = z.object({
  kind: z.literal('associate'),
  /** False if only a plan was made. */
  applied: z.boolean(),
  changed: z.boolean(),
  roleArn: z.string().optional(),
  effectiveRoleArn: z.string().optional(),
  roleName: z.string().optional(),
  associationId: z.string().optional(),
  associationArn: z.string().optional(),
  externalId: z.string().optional(),
  /** Component that the tag of the association names, if the association belongs to this portal. */
  taggedEntityRef: z.string().optional(),
  /** Id from app-config. */
  clusterName: z.string(),
  /** Name in EKS. */
  eksClusterName: z.string(),
  namespace: z.string(),
  serviceAccount: z.string(),
  /** YAML that a team can commit instead of letting the portal create the service account. */
  serviceAccountManifest: z.string(),
  /** Trust statement that the owner of the target role has to add, JSON. */
  targetTrustPolicy: z.string().optional(),
  effective: z.enum(['yes', 'no', 'unknown']),
  effectiveAfterSeconds: z.number().optional(),
  plan: planSchema,
  warnings: z.array(z.string()),
  links: z.array(linkSchema),
});
/** @public */
export type AssociateResult = z.infer<typeof associateResultSchema>;

/** @public */
export const verifyResultSchema = z.object({
  kind: z.literal('verify'),
  status: reportStatusSchema,
  proof: proofSchema,
  callerArn: z.string().optional(),
  passed: z.number(),
  failed: z.number(),
  reused: z.boolean(),
  report: verificationReportSchema,
  links: z.array(linkSchema),
});
/** @public */
export type VerifyResult = z.infer<typeof verifyResultSchema>;

/** @public */
export const teardownResultSchema = z.object({
  kind: z.literal('teardown'),
  applied: z.boolean(),
  changed: z.boolean(),
  removed: z.array(z.object({ kind: z.string(), name: z.string() })),
  kept: z.array(
    z.object({ kind: z.string(), name: z.string(), reason: z.string() }),
  ),
  affectedWorkloads: z.array(
    z.object({ kind: z.string(), name: z.string(), pods: z.number() }),
  ),
  plan: planSchema,
  warnings: z.array(z.string()),
});
/** @public */
export type TeardownResult = z.infer<typeof teardownResultSchema>;

/** @public */
export const restartResultSchema = z.object({
  kind: z.literal('restart'),
  /** False if no workload needed a restart. */
  changed: z.boolean(),
  plan: planSchema,
  /** Also names the workloads that were left alone, with the reason. */
  warnings: z.array(z.string()),
});
/** @public */
export type RestartResult = z.infer<typeof restartResultSchema>;

/** @public */
export const operationResultSchema = z.discriminatedUnion('kind', [
  associateResultSchema,
  verifyResultSchema,
  teardownResultSchema,
  restartResultSchema,
]);
/** @public */
export type OperationResult = z.infer<typeof operationResultSchema>;
