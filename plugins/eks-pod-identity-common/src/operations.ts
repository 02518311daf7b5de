import { z } from 'zod/v3';
import { planSchema } from './plan';
import {
  clusterIdSchema,
  namespaceSchema,
  serviceAccountRefSchema,
  serviceAccountSchema,
} from './ref';
import {
  checkResultSchema,
  probeLevelSchema,
  proofSchema,
  reportStatusSchema,
  verificationReportSchema,
} from './report';

/** Any partition; path kept. Source: IAM identifiers, "IAM ARNs". */
const roleArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:iam::\d{12}:role\/([\u0021-\u007e]+\/)?[\w+=,.@-]{1,64}$/,
    'must be an IAM role ARN such as arn:aws:iam::111122223333:role/my-role',
  );

const policyArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:iam::(aws|\d{12}):policy\/([\u0021-\u007e]+\/)?[\w+=,.@-]{1,128}$/,
    'must be an IAM policy ARN such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
  );

const entityRef = z
  .string()
  .regex(
    /^[^:/\s]+:[^:/\s]+\/[^:/\s]+$/,
    'must be a full entity reference such as component:default/payments-api',
  );

const timeoutSeconds = z.number().int().min(1).max(3600);

/** Fields that name the ServiceAccount: top-level scalars, so that permission policies can match them. @public */
export const targetShape = {
  clusterName: clusterIdSchema.describe(
    'Id of the cluster, as the portal’s configuration names it',
  ),
  namespace: namespaceSchema.describe('Kubernetes namespace'),
  serviceAccount: serviceAccountSchema.describe(
    'Kubernetes ServiceAccount the workload runs under',
  ),
  entityRef: entityRef
    .optional()
    .describe(
      'Component the identity is for; required for users, who must own it',
    ),
};

/** Input of associate (lifecycle design, table of inputs). @public */
export const associateInputShape = {
  ...targetShape,
  roleArn: roleArn
    .optional()
    .describe('Use this existing IAM role instead of creating one'),
  roleName: z
    .string()
    .regex(/^[\w+=,.@-]{1,64}$/, 'must be an IAM role name')
    .optional()
    .describe(
      'Name of the role to create; default: a readable, unique name made from the reference',
    ),
  rolePath: z
    .string()
    .regex(
      /^\/([\u0021-\u007e]{1,510}\/)?$/,
      'must begin and end with "/", such as /backstage/',
    )
    .optional()
    .describe('IAM path of the role to create; default: the configured path'),
  roleDescription: z
    .string()
    .max(1000)
    .optional()
    .describe('Description of the role to create'),
  managedPolicyArns: z
    .array(policyArn)
    .max(25)
    .optional()
    .describe('Managed policies the role must have'),
  detachManagedPolicyArns: z
    .array(policyArn)
    .max(25)
    .optional()
    .describe('Managed policies to take off the role'),
  inlinePolicies: z
    .record(z.record(z.unknown()))
    .optional()
    .describe('Inline policies by name'),
  trustScope: z
    .enum(['serviceAccount', 'namespace', 'cluster', 'account'])
    .optional()
    .describe(
      'Whom the role trusts: only this ServiceAccount (default), its namespace, the cluster, or every association of the account',
    ),
  targetRoleArn: roleArn
    .optional()
    .or(z.literal(''))
    .describe(
      'Role in this or another account that the pod ends up with; empty clears it',
    ),
  disableSessionTags: z
    .boolean()
    .optional()
    .describe('Send no session tags (for sessions that grow too large)'),
  sessionPolicy: z
    .record(z.unknown())
    .or(z.literal(''))
    .optional()
    .describe(
      'Session policy (a JSON policy); needs disableSessionTags; empty clears it',
    ),
  createNamespace: z
    .boolean()
    .optional()
    .describe('Create the namespace when it is missing; default false'),
  createServiceAccount: z
    .enum(['auto', 'always', 'never'])
    .optional()
    .describe(
      'Create the ServiceAccount: auto (default) leaves it to Helm, Argo CD or Flux where they rule',
    ),
  installAgent: z
    .boolean()
    .optional()
    .describe(
      'Install the Pod Identity agent where it is missing; default: what the cluster’s configuration allows',
    ),
  waitUntilEffective: z
    .boolean()
    .optional()
    .describe('Wait until new pods receive the identity; default true'),
  timeoutSeconds: timeoutSeconds
    .optional()
    .describe('Longest time to wait, seconds; default 300'),
  replaceRole: z
    .boolean()
    .optional()
    .describe(
      'Put this role in the place of another one on the same ServiceAccount',
    ),
  tags: z
    .record(z.string().max(256))
    .optional()
    .describe('Further tags for the role and the association'),
  planOnly: z.boolean().optional().describe('Only say what would change'),
};

/** @public */
export const associateInputSchema = z.object(associateInputShape).strict();
/** @public */
export type AssociateInput = z.infer<typeof associateInputSchema>;

/** @public */
export const permissionCheckSchema = z.object({
  name: z
    .string()
    .regex(
      /^[a-z0-9-]{1,32}$/,
      'must be 1 to 32 lower-case letters, digits and "-"',
    ),
  command: z.array(z.string().min(1).max(512)).min(1).max(32),
});

/** One read-only AWS CLI command to try with the pod's credentials; `command` is what follows `aws`. @public */
export type PermissionCheck = z.infer<typeof permissionCheckSchema>;

/** Input of verify. @public */
export const verifyInputShape = {
  ...targetShape,
  expectedRoleArn: roleArn
    .optional()
    .describe(
      'Role the pod must hold; default: that of the last associate, else the association’s',
    ),
  probe: probeLevelSchema
    .optional()
    .describe(
      'pod (default) runs a short-lived pod; admission only dry-runs one; none only looks',
    ),
  permissionChecks: z
    .array(permissionCheckSchema)
    .max(4, 'must have at most four entries')
    .optional()
    .describe('Read-only AWS CLI commands to try from inside the pod'),
  timeoutSeconds: timeoutSeconds
    .optional()
    .describe('Longest time for the whole verification, seconds; default 300'),
  failOn: z
    .enum(['never', 'failed', 'inconclusive', 'degraded'])
    .optional()
    .describe('From which status on the step fails; default failed'),
};

/** @public */
export const verifyInputSchema = z.object(verifyInputShape).strict();
/** @public */
export type VerifyInput = z.infer<typeof verifyInputSchema>;

/** Input of teardown. @public */
export const teardownInputShape = {
  ...targetShape,
  removeAgent: z
    .boolean()
    .optional()
    .describe('Also remove the agent add-on when nothing else needs it'),
  force: z
    .boolean()
    .optional()
    .describe(
      'Go on although workloads lose access or the cluster cannot be reached',
    ),
  createdByTask: z
    .string()
    .max(200)
    .optional()
    .describe(
      'Only remove what this scaffolder task created (for rolling back)',
    ),
  timeoutSeconds: timeoutSeconds
    .optional()
    .describe('Longest time to wait, seconds; default 300'),
  planOnly: z
    .boolean()
    .optional()
    .describe('Only say what would go and what would stay'),
};

/** @public */
export const teardownInputSchema = z.object(teardownInputShape).strict();
/** @public */
export type TeardownInput = z.infer<typeof teardownInputSchema>;

/** @public */
export const operationKindSchema = z.enum(['associate', 'verify', 'teardown']);
/** @public */
export type OperationKind = z.infer<typeof operationKindSchema>;

/** @public */
export const operationStateSchema = z.enum([
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
]);
/** @public */
export type OperationState = z.infer<typeof operationStateSchema>;

/** @public */
export const linkSchema = z.object({ title: z.string(), url: z.string() });

/** @public */
export const associateResultSchema = z.object({
  kind: z.literal('associate'),
  /** False for a plan only. */
  applied: z.boolean(),
  changed: z.boolean(),
  roleArn: z.string().optional(),
  effectiveRoleArn: z.string().optional(),
  roleName: z.string().optional(),
  associationId: z.string().optional(),
  associationArn: z.string().optional(),
  externalId: z.string().optional(),
  /** Id from app-config. */
  clusterName: z.string(),
  /** Name in EKS. */
  eksClusterName: z.string(),
  namespace: z.string(),
  serviceAccount: z.string(),
  /** YAML a team can commit instead of letting the portal create the ServiceAccount. */
  serviceAccountManifest: z.string(),
  /** Trust statement the target role's owner has to add, JSON. */
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
export const operationResultSchema = z.discriminatedUnion('kind', [
  associateResultSchema,
  verifyResultSchema,
  teardownResultSchema,
]);
/** @public */
export type OperationResult = z.infer<typeof operationResultSchema>;

/** An error as it crosses the wire: the class's name and a sentence a user can act on. @public */
export const operationErrorSchema = z.object({
  name: z.string(),
  message: z.string(),
});
/** @public */
export type OperationError = z.infer<typeof operationErrorSchema>;

/** @public */
export const operationSchema = z.object({
  id: z.string(),
  kind: operationKindSchema,
  ref: serviceAccountRefSchema,
  entityRef: z.string().optional(),
  state: operationStateSchema,
  /** User or service entity ref that started it. */
  initiator: z.string(),
  taskId: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
  finishedAt: z.string().optional(),
  plan: planSchema.optional(),
  result: operationResultSchema.optional(),
  error: operationErrorSchema.optional(),
  /** Greatest `seq` among its events. */
  lastSeq: z.number(),
});
/** One requested associate, verify or teardown. @public */
export type Operation = z.infer<typeof operationSchema>;

const eventBase = { seq: z.number().int(), at: z.string() };

/** @public */
export const operationEventSchema = z.discriminatedUnion('type', [
  z.object({
    ...eventBase,
    type: z.literal('state'),
    data: z.object({
      state: operationStateSchema,
      message: z.string().optional(),
      error: operationErrorSchema.optional(),
    }),
  }),
  z.object({ ...eventBase, type: z.literal('plan'), data: planSchema }),
  z.object({
    ...eventBase,
    type: z.literal('step'),
    data: z.object({
      id: z.string(),
      status: z.enum(['started', 'done', 'failed', 'skipped', 'waiting']),
      message: z.string(),
      durationMs: z.number().optional(),
    }),
  }),
  z.object({ ...eventBase, type: z.literal('check'), data: checkResultSchema }),
  z.object({
    ...eventBase,
    type: z.literal('log'),
    data: z.object({
      level: z.enum(['info', 'warn', 'error']),
      message: z.string(),
    }),
  }),
  z.object({
    ...eventBase,
    type: z.literal('result'),
    data: operationResultSchema,
  }),
]);

/** One thing that happened in an operation; `seq` is the stream's event id. @public */
export type OperationEvent = z.infer<typeof operationEventSchema>;

/** An event before it has been stored. @public */
export type NewOperationEvent = OperationEvent extends infer E
  ? E extends { seq: number; at: string }
    ? Omit<E, 'seq' | 'at'>
    : never
  : never;

const startBase = {
  /** Task id and step id: a retried step gets the operation it already started. */
  idempotencyKey: z.string().max(256).optional(),
  taskId: z.string().max(200).optional(),
};

/** Body of `POST /v1/operations`. @public */
export const startOperationSchema = z.discriminatedUnion('kind', [
  z.object({
    ...startBase,
    kind: z.literal('associate'),
    input: associateInputSchema,
  }),
  z.object({
    ...startBase,
    kind: z.literal('verify'),
    input: verifyInputSchema,
    trigger: z.enum(['action', 'user']).optional(),
  }),
  z.object({
    ...startBase,
    kind: z.literal('teardown'),
    input: teardownInputSchema,
  }),
]);
/** @public */
export type StartOperation = z.infer<typeof startOperationSchema>;

/** Body of `POST /v1/plans`. @public */
export const planRequestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('associate'),
    input: associateInputSchema,
    fresh: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal('teardown'),
    input: teardownInputSchema,
    fresh: z.boolean().optional(),
    taskId: z.string().max(200).optional(),
  }),
]);
/** @public */
export type PlanRequest = z.infer<typeof planRequestSchema>;

/** True when nothing more will happen. @public */
export function isFinished(state: OperationState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}
