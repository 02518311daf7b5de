import { z } from 'zod/v3';
import { entityRefSchema } from './entityRef';
import { failOnSchema } from './identityStatus';
import { clusterIdSchema, namespaceSchema, serviceAccountSchema } from './ref';
import { probeLevelSchema } from './report';
import { object } from './schema';

/** Longest ARN. Source: IAM API reference, "arnType". */
const ARN_LENGTH = 2048;

const arnTooLong = `must have at most ${ARN_LENGTH} characters`;

/** In any partition, with or without a path. Source: IAM identifiers, "IAM ARNs". */
const ROLE_ARN =
  /^arn:aws[a-z-]*:iam::\d{12}:role\/([\u0021-\u007e]+\/)?[\w+=,.@-]{1,64}$/;

/** True for the ARN of an IAM role, of any account and partition. @public */
export const isRoleArn = (text: string): boolean =>
  text.length <= ARN_LENGTH && ROLE_ARN.test(text);

const roleArn = z
  .string()
  .max(ARN_LENGTH, arnTooLong)
  .regex(
    ROLE_ARN,
    'must be an IAM role ARN such as arn:aws:iam::111122223333:role/my-role',
  );

const policyArn = z
  .string()
  .max(ARN_LENGTH, arnTooLong)
  .regex(
    /^arn:aws[a-z-]*:iam::(aws|\d{12}):policy\/([\u0021-\u007e]+\/)?[\w+=,.@-]{1,128}$/,
    'must be an IAM policy ARN such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
  );

const timeoutSeconds = z.number().int().min(1).max(3600);

/** Fields that name the service account: top-level scalars, so that permission policies can match them. @public */
export const targetShape = {
  clusterName: clusterIdSchema.describe(
    'Id of the cluster in the portal’s configuration',
  ),
  namespace: namespaceSchema.describe('Kubernetes namespace'),
  serviceAccount: serviceAccountSchema.describe(
    'Kubernetes service account that the workload runs under',
  ),
  entityRef: entityRefSchema
    .optional()
    .describe(
      'Component that gets the identity; required for users, who must own it',
    ),
};

/** Input of associate. @public */
export const associateInputShape = {
  ...targetShape,
  roleArn: roleArn
    .optional()
    .describe('Use this existing IAM role instead of creating one'),
  roleName: z
    .string()
    .max(64)
    .regex(/^[\w+=,.@-]{1,64}$/, 'must be an IAM role name')
    .optional()
    .describe(
      'Name of the role to create; default: a readable, unique name derived from the service account',
    ),
  rolePath: z
    .string()
    .max(512)
    .regex(
      /^\/([\u0021-\u007e]{1,510}\/)?$/,
      'must begin and end with "/", such as /backstage/',
    )
    .optional()
    .describe('IAM path of the role to create; default: the configured path'),
  roleDescription: z
    .string()
    .max(1000)
    // Source: IAM API reference, CreateRole, Description.
    .regex(
      /^[\t\n\r\u0020-\u007e\u00a1-\u00ff]*$/,
      'has characters that IAM does not accept in a description',
    )
    .optional()
    .describe('Description of the role to create'),
  managedPolicyArns: z
    .array(policyArn)
    .max(25)
    .optional()
    .describe('Managed policies that the role must have'),
  detachManagedPolicyArns: z
    .array(policyArn)
    .max(25)
    .optional()
    .describe('Managed policies to detach from the role'),
  inlinePolicies: z
    .record(z.record(z.unknown()))
    .optional()
    .describe('Inline policies by name'),
  trustScope: z
    .enum(['serviceAccount', 'namespace', 'cluster', 'account'])
    .optional()
    .describe(
      'Whom the role trusts: only this service account (default), its namespace, the cluster, or every association in the account',
    ),
  targetRoleArn: roleArn
    .optional()
    .or(z.literal(''))
    .describe(
      'Role in this or another account that the pod obtains through role chaining; an empty text clears it',
    ),
  disableSessionTags: z
    .boolean()
    .optional()
    .describe('Send no session tags (for sessions that become too large)'),
  sessionPolicy: z
    .record(z.unknown())
    .or(z.literal(''))
    .optional()
    .describe(
      'Session policy (a JSON policy); needs disableSessionTags; an empty text clears it',
    ),
  createNamespace: z
    .boolean()
    .optional()
    .describe('Create the namespace if it is missing; default false'),
  createServiceAccount: z
    .enum(['auto', 'always', 'never'])
    .optional()
    .describe(
      'Create the service account: auto (default) leaves it to Helm, Argo CD or Flux if they manage it',
    ),
  installAgent: z
    .boolean()
    .optional()
    .describe(
      'Install the Pod Identity agent if it is missing; default: what the cluster’s configuration allows',
    ),
  waitUntilEffective: z
    .boolean()
    .optional()
    .describe('Wait until new pods receive the identity; default true'),
  timeoutSeconds: timeoutSeconds
    .optional()
    .describe('Longest time to wait, seconds; default 300'),
  restartWorkloads: z
    .boolean()
    .optional()
    .describe(
      'Restart the Deployments, StatefulSets and DaemonSets whose pods run without the identity, one at a time; default false',
    ),
  replaceRole: z
    .boolean()
    .optional()
    .describe('Replace another role on the same service account with this one'),
  tags: z
    .record(z.string().max(256))
    .optional()
    .describe('Additional tags for the role and the association'),
  planOnly: z.boolean().optional().describe('Only report what would change'),
  keepSettings: z
    .boolean()
    .optional()
    .describe(
      'Take what this request leaves out from the last one: inline policies, trust, target role, session settings, role name and tags; default false',
    ),
};

/** @public */
export const associateInputSchema: z.ZodObject<
  typeof associateInputShape,
  'strict'
> = z.object(associateInputShape).strict();
/** @public */
export type AssociateInput = z.infer<typeof associateInputSchema>;

/** One read-only AWS CLI command to try with the pod's credentials. @public */
export interface PermissionCheck {
  name: string;
  /** What follows `aws`. */
  command: string[];
}

/** @public */
export const permissionCheckSchema: z.ZodType<PermissionCheck> =
  object<PermissionCheck>({
    name: z
      .string()
      .max(32)
      .regex(
        /^(?!observed$)[a-z0-9-]{1,32}$/,
        'must be 1 to 32 lower-case letters, digits and "-", and not "observed"',
      ),
    command: z.array(z.string().min(1).max(512)).min(1).max(32),
  }).strict();

/** As many as one pod can report. @public */
export const MAX_PERMISSION_CHECKS = 4;

/** Input of verify. @public */
export const verifyInputShape = {
  ...targetShape,
  expectedRoleArn: roleArn
    .optional()
    .describe(
      'Role that the pod must obtain; default: that of the last associate, else that of the association',
    ),
  probe: probeLevelSchema
    .optional()
    .describe(
      'pod (default) runs a short-lived pod; admission only dry-runs one; none only reads',
    ),
  permissionChecks: z
    .array(permissionCheckSchema)
    .max(MAX_PERMISSION_CHECKS, 'must have at most four entries')
    .optional()
    .describe('Read-only AWS CLI commands to try inside the pod'),
  perNodeGroup: z
    .boolean()
    .optional()
    .describe(
      'With probe: pod, run one more pod in each other node group that runs pods of the service account, one after the other; default: true after such a pod got no credentials, until one does in each group, else false',
    ),
  managedPolicyArns: z
    .array(policyArn)
    .max(25)
    .optional()
    .describe(
      'Managed policies to test too: inside the pod, each by the command that guardrails.probe.policyTests names for it',
    ),
  timeoutSeconds: timeoutSeconds
    .optional()
    .describe('Longest time for the whole verification, seconds; default 300'),
  failOn: failOnSchema
    .optional()
    .describe(
      'Which statuses fail the step. broken: only Broken (failed is its old name). inconclusive: also a missing answer. degraded, the default: also pods without the identity. never: none',
    ),
};

/** @public */
export const verifyInputSchema: z.ZodObject<typeof verifyInputShape, 'strict'> =
  z.object(verifyInputShape).strict();
/** @public */
export type VerifyInput = z.infer<typeof verifyInputSchema>;

/** Input of teardown. @public */
export const teardownInputShape = {
  ...targetShape,
  removeAgent: z
    .boolean()
    .optional()
    .describe('Also remove the agent add-on if nothing else needs it'),
  force: z
    .boolean()
    .optional()
    .describe(
      'Continue even if workloads lose access or the cluster cannot be reached',
    ),
  createdByTask: z
    .string()
    .max(200)
    .optional()
    .describe('Only remove what this scaffolder task created (for a rollback)'),
  onlyCreatedByTask: z
    .boolean()
    .optional()
    .describe(
      'Refuse the step if createdByTask is missing or empty, for example because its expression rendered to nothing. Without this input such a step removes everything',
    ),
  timeoutSeconds: timeoutSeconds
    .optional()
    .describe('Longest time to wait, seconds; default 300'),
  planOnly: z
    .boolean()
    .optional()
    .describe('Only report what would be removed and what would be kept'),
};

/** @public */
export const teardownInputSchema: z.ZodObject<
  typeof teardownInputShape,
  'strict'
> = z.object(teardownInputShape).strict();
/** @public */
export type TeardownInput = z.infer<typeof teardownInputSchema>;

/** Input of restart. @public */
export const restartInputShape = {
  ...targetShape,
  timeoutSeconds: timeoutSeconds
    .optional()
    .describe('Longest time to wait for all roll-outs, seconds; default 300'),
};

/** @public */
export const restartInputSchema: z.ZodObject<
  typeof restartInputShape,
  'strict'
> = z.object(restartInputShape).strict();
/** @public */
export type RestartInput = z.infer<typeof restartInputSchema>;

const migrateUntilSchema = z.enum(['rehearsal', 'moved', 'finished']);

/** Input of migrate. @public */
export const migrateInputShape = {
  ...targetShape,
  until: migrateUntilSchema
    .optional()
    .describe(
      'rehearsal, the default: tries Pod Identity with a service account of its own, and touches nothing of the workload. moved: goes on to the association and restarts one workload after the other. finished, of one that is moved: takes the service account out of IRSA in the trust policy of the role, which a rollback puts back',
    ),
  acceptNoWayBack: z
    .boolean()
    .optional()
    .describe(
      'Go on where there is no way back to IRSA without refused requests; the plan says why',
    ),
  confirmed: z
    .array(z.string().max(300))
    .max(100)
    .optional()
    .describe(
      'Workloads that you have seen work by Pod Identity, such as "Deployment api". The portal then restarts the next one without waiting for CloudTrail',
    ),
  timeoutSeconds: timeoutSeconds
    .optional()
    .describe('Longest time to wait for each roll-out, seconds; default 300'),
  planOnly: z.boolean().optional().describe('Only report what would be done'),
};

/** @public */
export const migrateInputSchema: z.ZodObject<
  typeof migrateInputShape,
  'strict'
> = z.object(migrateInputShape).strict();
/** @public */
export type MigrateInput = z.infer<typeof migrateInputSchema>;

/** Input of rollback. @public */
export const rollbackInputShape = {
  ...targetShape,
  acceptUnproven: z
    .boolean()
    .optional()
    .describe(
      'Go back although no test pod could obtain the role by IRSA before the association is deleted',
    ),
  broken: z
    .boolean()
    .optional()
    .describe(
      'Its pods do not work by Pod Identity, so that they are not restarted before the association is deleted',
    ),
  timeoutSeconds: timeoutSeconds
    .optional()
    .describe('Longest time to wait for each roll-out, seconds; default 300'),
  planOnly: z.boolean().optional().describe('Only report what would be done'),
};

/** @public */
export const rollbackInputSchema: z.ZodObject<
  typeof rollbackInputShape,
  'strict'
> = z.object(rollbackInputShape).strict();
/** @public */
export type RollbackInput = z.infer<typeof rollbackInputSchema>;
