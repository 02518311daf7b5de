import { z } from 'zod/v3';
import { plain, sentence } from './disclosure';
import { type ServiceAccountRef, serviceAccountRefSchema } from './ref';
import { object } from './schema';

/** @public */
export const planChangeSchema = z.enum([
  'create',
  'update',
  'replace',
  'delete',
  'keep',
  'conflict',
]);

/** What a step does to its resource. @public */
export type PlanChange = z.infer<typeof planChangeSchema>;

/** @public */
export interface PlanResource {
  kind:
    | 'cluster'
    | 'agent'
    | 'role'
    | 'trust-statement'
    | 'managed-policy'
    | 'inline-policy'
    | 'permissions-boundary'
    | 'role-tags'
    | 'association'
    | 'namespace'
    | 'service-account'
    | 'probe-pod'
    | 'workload'
    | 'gate';
  /** Name, ARN or ref, as AWS or Kubernetes writes it. */
  name: string;
  consoleUrl?: string;
}

const planResourceSchema = object<PlanResource>({
  kind: z.enum([
    'cluster',
    'agent',
    'role',
    'trust-statement',
    'managed-policy',
    'inline-policy',
    'permissions-boundary',
    'role-tags',
    'association',
    'namespace',
    'service-account',
    'probe-pod',
    'workload',
    'gate',
  ]),
  name: sentence(),
  consoleUrl: plain().optional(),
});

/** One ordered step of a plan. @public */
export interface PlanStep {
  /** Stable within a plan: `role`, `role.managed-policy.AmazonS3ReadOnlyAccess`, `association`, … */
  id: string;
  resource: PlanResource;
  change: PlanChange;
  /** The current values of what differs. */
  before?: Record<string, unknown>;
  /** The future values of what differs. */
  after?: Record<string, unknown>;
  owner: 'portal' | 'addon' | 'external';
  /** Why this change is made, or why not, in one sentence. */
  reason: string;
  dependsOn: string[];
  /**
   * Inputs of associate that change what this step does, for the caller to choose. `roleArn`: the association of
   * another owner stays as it is, with its role; then no policies are asked for. `replaceRole`: ours gets the new role.
   * `createServiceAccount`: the portal makes the service account, although tools deploy into its namespace.
   */
  choice?: {
    roleArn?: string;
    replaceRole?: true;
    createServiceAccount?: 'always';
  };
}

const planStepSchema = object<PlanStep>({
  id: plain(),
  resource: planResourceSchema,
  change: planChangeSchema,
  before: z.record(z.unknown()).optional(),
  after: z.record(z.unknown()).optional(),
  owner: z.enum(['portal', 'addon', 'external']),
  reason: sentence(),
  dependsOn: z.array(plain()),
  choice: z
    .object({
      roleArn: plain().optional(),
      replaceRole: z.literal(true).optional(),
      createServiceAccount: z.literal('always').optional(),
    })
    .optional(),
});

/** The ordered changes that would make reality match a request. @public */
export interface Plan {
  kind: 'associate' | 'teardown' | 'restart' | 'migrate' | 'rollback';
  ref: ServiceAccountRef;
  steps: PlanStep[];
  /** To be read before the plan is applied. */
  warnings: string[];
  /** Running workloads that lose access (teardown) or need a restart (associate, restart). */
  affectedWorkloads?: Array<{
    kind: string;
    name: string;
    /** Running pods; 0 for a workload that is scaled to zero. */
    pods: number;
  }>;
  /** True if at least one step changes something. */
  changes: boolean;
  /** True if a step is a conflict: such a plan is not applied at all. */
  conflicts: boolean;
}

/** @public */
export const planSchema = object<Plan>({
  kind: z.enum(['associate', 'teardown', 'restart', 'migrate', 'rollback']),
  ref: serviceAccountRefSchema,
  steps: z.array(planStepSchema),
  warnings: z.array(sentence()),
  affectedWorkloads: z
    .array(
      z.object({
        kind: plain(),
        name: sentence(),
        pods: z.number(),
      }),
    )
    .optional(),
  changes: z.boolean(),
  conflicts: z.boolean(),
});

const SIGNS: Record<PlanChange, string> = {
  create: '+',
  update: '~',
  replace: '±',
  delete: '-',
  keep: '=',
  conflict: '!',
};

/** A managed policy exists already: it is attached to the role or detached from it. */
const POLICY_VERBS: Partial<Record<PlanChange, string>> = {
  create: 'attach',
  delete: 'detach',
};

/** A name as people say it: of a policy of AWS, the last part of its ARN. @public */
export function nameInWords(name: string): string {
  return name.replace(/^arn:aws[\w-]*:iam::aws:policy\/(?:.*\/)?/, '');
}

/** A kind of resource as people say it: `managed policy`. @public */
export function kindInWords(kind: string): string {
  return kind.replace(/-/g, ' ');
}

/** `+ create role eks-payments-… – there is no such role yet` @public */
export function renderPlanStep({ resource, change, reason }: PlanStep): string {
  const { kind, name } = resource;
  if (kind === 'gate') return `then wait until ${name} (${reason})`;
  const verb = (kind === 'managed-policy' && POLICY_VERBS[change]) || change;
  return `${SIGNS[change]} ${verb} ${kindInWords(kind)} ${nameInWords(
    name,
  )} – ${reason}`;
}

/** A line for each step and each warning. @public */
export function renderPlanLines(plan: Plan): string[] {
  const lines = plan.steps.map(renderPlanStep);
  return [...lines, ...plan.warnings.map(text => `warning: ${text}`)];
}
