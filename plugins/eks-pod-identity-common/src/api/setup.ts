import { z } from 'zod/v3';
import { type CheckFix, checkFixSchema } from '../vocabulary/report';
import { endpoint } from './endpoint';
import {
  associationCreatePermission,
  associationReadPermission,
  clusterSweepPermission,
  podIdentityUsePermission,
  setupReadPermission,
} from '../vocabulary/permissions';
import { inCluster } from './places';
import { object } from '../vocabulary/schema';

/** What the question is about: one of the portal's roles, and what of it. */
const setupSubjectSchema = z.enum([
  'cluster',
  'role',
  'reading',
  'changing',
  'kubernetes',
  'boundary',
  'roles',
  'policies',
  'namespaces',
]);

/** What one question about the setup of a cluster found. @public */
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

const setupAnswerSchema = object<SetupAnswer>({
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

/** What the setup check found of the portal itself. @public */
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
  /** Page that only the reader can try. */
  url?: string;
  fix?: CheckFix;
}

const portalFindingSchema = object<PortalFinding>({
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
  url: z.string().optional(),
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

/** Answer of `POST /v1/clusters/:id/sweep`. @public */
export interface SweepStarted {
  cluster: string;
  /** False where a look was begun less than a minute ago or is under way: its result comes just so. */
  started: boolean;
}

/** @public */
export const sweepStartedSchema = object<SweepStarted>({
  cluster: z.string(),
  started: z.boolean(),
});

/** @public */
export const clusterEndpoints = {
  /** Has the portal look at a whole cluster now; `listClusters` tells when it has. */
  sweepCluster: endpoint({
    route: 'POST /v1/clusters/{id}/sweep',
    at: inCluster,
    answer: sweepStartedSchema,
    needs: [
      podIdentityUsePermission,
      clusterSweepPermission,
      associationReadPermission,
      associationCreatePermission,
    ],
    summary: 'Has the portal look at a whole cluster now',
    description:
      'Needs eks-pod-identity.use, .cluster.sweep, and .association.read or .create on anything in it. Answers at once; lastSweepAt or stale of the cluster change when it has been looked at. At most once a minute.',
    failures: [400, 403, 404],
    status: 202,
    chosen: true,
  }),
  /** What the setup of the portal and of each cluster lacks, as far as it was looked at; for administrators. */
  getSetup: endpoint({
    route: 'GET /v1/setup',
    answer: setupSchema,
    needs: [podIdentityUsePermission, setupReadPermission],
    summary: 'What the setup of the portal and of its clusters lacks',
    description:
      'For services and administrators, with eks-pod-identity.use and .setup.read. Of each cluster what the last look found: asks neither AWS nor Kubernetes.',
    failures: [403],
    cached: true,
    chosen: true,
  }),
  /** The same of one cluster. */
  getClusterSetup: endpoint({
    route: 'GET /v1/clusters/{id}/setup',
    at: inCluster,
    answer: clusterSetupSchema,
    needs: [podIdentityUsePermission, setupReadPermission],
    summary: 'What the setup of one cluster lacks',
    description:
      'For services and administrators, with eks-pod-identity.use and .setup.read. What the last look found: asks neither AWS nor Kubernetes.',
    failures: [403, 404],
    cached: true,
    chosen: true,
  }),
  /** Tries everything again, unless that was just done; takes some seconds. */
  refreshClusterSetup: endpoint({
    route: 'POST /v1/clusters/{id}/setup',
    at: inCluster,
    answer: clusterSetupSchema,
    needs: [podIdentityUsePermission, setupReadPermission],
    summary: 'The same, after trying everything again',
    description:
      'For services and administrators, with eks-pod-identity.use and .setup.read. Asks AWS and Kubernetes what the roles of the portal may do, which changes nothing and takes some seconds. A look less than ten seconds ago is not repeated.',
    failures: [400, 403, 404],
    chosen: true,
  }),
};
