import { z } from 'zod/v3';
import { checkFixSchema } from './report';

/** What the question is about: one of the portal's roles, and what of it. */
const setupSubjectSchema = z.enum([
  'cluster',
  'role',
  'reading',
  'changing',
  'kubernetes',
  'boundary',
]);

/** @public */
export const setupAnswerSchema = z.object({
  /** Under which of the portal's roles it was asked. */
  role: z.enum(['read', 'verify', 'write']),
  subject: setupSubjectSchema,
  /** `unknown`: it could not be tried; the message says why. */
  status: z.enum(['pass', 'fail', 'unknown']),
  /** One sentence. */
  message: z.string(),
  fix: checkFixSchema.optional(),
  /** Of a gap: where what is missing is ready. */
  artefact: z
    .object({
      /** In the repository, such as `deploy/rbac.yaml`; absent where only the page has it. */
      file: z.string().optional(),
      /** The section that explains it, such as `docs/permissions.md#aws-reading`. */
      section: z.string(),
    })
    .optional(),
});

/** What one question about the set-up of a cluster found. @public */
export type SetupAnswer = z.infer<typeof setupAnswerSchema>;

/** @public */
export const clusterSetupSchema = z.object({
  cluster: z.string(),
  title: z.string(),
  /** ISO 8601; absent before the first look. */
  lookedAt: z.string().optional(),
  /** Of the last look; empty before the first. */
  answers: z.array(setupAnswerSchema),
});

/** Answer of `GET /v1/clusters/:id/setup`. @public */
export type ClusterSetup = z.infer<typeof clusterSetupSchema>;

/** @public */
export const portalFindingSchema = z.object({
  /** Stable: `portal-id`. */
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
  /** One sentence. */
  message: z.string(),
  fix: checkFixSchema.optional(),
});

/** What the set-up check found of the portal itself. @public */
export type PortalFinding = z.infer<typeof portalFindingSchema>;

/** @public */
export const setupSchema = z.object({
  portal: z.array(portalFindingSchema),
  clusters: z.array(clusterSetupSchema),
});

/** Answer of `GET /v1/setup`. @public */
export type Setup = z.infer<typeof setupSchema>;
