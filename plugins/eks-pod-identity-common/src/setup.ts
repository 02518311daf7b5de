import { z } from 'zod/v3';
import { type CheckFix, checkFixSchema } from './report';
import { object } from './schema';

/** What the question is about: one of the portal's roles, and what of it. */
const setupSubjectSchema = z.enum([
  'cluster',
  'role',
  'reading',
  'changing',
  'kubernetes',
  'boundary',
]);

/** What one question about the set-up of a cluster found. @public */
export interface SetupAnswer {
  /** Under which of the portal's roles it was asked. */
  role: 'read' | 'verify' | 'write';
  subject: z.infer<typeof setupSubjectSchema>;
  /** `unknown`: it could not be tried; the message says why. */
  status: 'pass' | 'fail' | 'unknown';
  /** One sentence. */
  message: string;
  fix?: CheckFix;
  /** Of a gap: where what is missing is ready. */
  artefact?: {
    /** In the repository, such as `deploy/rbac.yaml`; absent where only the page has it. */
    file?: string;
    /** The section that explains it, such as `docs/permissions.md#aws-reading`. */
    section: string;
  };
}

/** @public */
export const setupAnswerSchema = object<SetupAnswer>({
  role: z.enum(['read', 'verify', 'write']),
  subject: setupSubjectSchema,
  status: z.enum(['pass', 'fail', 'unknown']),
  message: z.string(),
  fix: checkFixSchema.optional(),
  artefact: z
    .object({
      file: z.string().optional(),
      section: z.string(),
    })
    .optional(),
});

/** Answer of `GET /v1/clusters/:id/setup`. @public */
export interface ClusterSetup {
  cluster: string;
  title: string;
  /** ISO 8601; absent before the first look. */
  lookedAt?: string;
  /** Of the last look; empty before the first. */
  answers: SetupAnswer[];
}

/** @public */
export const clusterSetupSchema = object<ClusterSetup>({
  cluster: z.string(),
  title: z.string(),
  lookedAt: z.string().optional(),
  answers: z.array(setupAnswerSchema),
});

/** What the set-up check found of the portal itself. @public */
export interface PortalFinding {
  /** Stable: `portal-id`. */
  id:
    | 'portal-id'
    | 'permissions'
    | 'templates'
    | 'docs'
    | 'notifications'
    | 'signals'
    | 'administrators';
  status: 'pass' | 'fail' | 'unknown';
  /** One sentence. */
  message: string;
  fix?: CheckFix;
}

/** @public */
export const portalFindingSchema = object<PortalFinding>({
  id: z.enum([
    'portal-id',
    'permissions',
    'templates',
    'docs',
    'notifications',
    'signals',
    'administrators',
  ]),
  status: z.enum(['pass', 'fail', 'unknown']),
  message: z.string(),
  fix: checkFixSchema.optional(),
});

/** Answer of `GET /v1/setup`. @public */
export interface Setup {
  portal: PortalFinding[];
  clusters: ClusterSetup[];
}

/** @public */
export const setupSchema = object<Setup>({
  portal: z.array(portalFindingSchema),
  clusters: z.array(clusterSetupSchema),
});
