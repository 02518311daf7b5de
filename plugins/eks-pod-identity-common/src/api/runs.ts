import { z } from 'zod/v3';
import { entityRef, plain, sentence } from '../vocabulary/disclosure';
import {
  type IdentityStatus,
  identityStatusSchema,
} from '../vocabulary/identityStatus';
import {
  type Proof,
  proofSchema,
  type VerificationReport,
  verificationReportSchema,
} from '../vocabulary/report';
import { endpoint, type QuerySchema } from './endpoint';
import { associationReadPermission } from '../vocabulary/permissions';
import { byId, ofServiceAccount } from './places';
import { object } from '../vocabulary/schema';

/** What one run found, in short. @public */
export interface ReportSummary {
  id: string;
  /** The status that this run alone gives to the identity. */
  status: IdentityStatus;
  proof: Proof;
  trigger: 'action' | 'user' | 'schedule';
  /** ISO 8601. */
  finishedAt: string;
  /** `word: sentence`; until 1.0. */
  headline: string;
  /** To follow the word for the status. */
  sentence: string;
  passed: number;
  failed: number;
}

/** @public */
export const reportSummarySchema = object<ReportSummary>({
  id: plain(),
  status: identityStatusSchema,
  proof: proofSchema,
  trigger: z.enum(['action', 'user', 'schedule']),
  finishedAt: plain(),
  headline: sentence(),
  sentence: sentence(),
  passed: z.number(),
  failed: z.number(),
});

/** One run in the history of a ref. @public */
export interface PastRun extends ReportSummary {
  /** See `startedBy` of a report. */
  startedBy?: string;
}

const pastRunSchema = object<PastRun>({
  ...reportSummarySchema.shape,
  startedBy: entityRef().optional(),
});

/** Answer of `GET /v1/service-accounts/:cluster/:namespace/:name/reports`. @public */
export interface ReportPage {
  items: PastRun[];
  nextCursor?: string;
}

/** @public */
export const reportPageSchema = object<ReportPage>({
  items: z.array(pastRunSchema),
  nextCursor: plain().optional(),
});

/** @public */
export interface PageQuery {
  cursor?: string;
  limit?: number;
}

const pageQuerySchema: QuerySchema<PageQuery> = object<PageQuery>({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
});

/** Answer of `GET /v1/reports/{id}/bundle`, as far as its form is promised. @public */
export interface FactBundleFile {
  schemaVersion: number;
  report: VerificationReport;
}

/** @public */
export const factBundleSchema: z.ZodType<FactBundleFile> =
  object<FactBundleFile>({
    schemaVersion: z.number(),
    report: verificationReportSchema,
  }).passthrough();

/** @public */
export const reportEndpoints = {
  getReport: endpoint({
    route: 'GET /v1/reports/{id}',
    at: byId,
    answer: verificationReportSchema,
    needs: [associationReadPermission],
    summary: 'One report',
    description:
      'Needs eks-pod-identity.association.read on its service account.',
    failures: [403, 404],
    cached: true,
  }),
  /** The facts behind a report, as the text of a file; for administrators. */
  getReportBundle: endpoint({
    route: 'GET /v1/reports/{id}/bundle',
    at: byId,
    answer: factBundleSchema,
    needs: [],
    summary: 'The facts behind a report, as a file to be judged elsewhere',
    description:
      'For services and administrators who may read the report: it names roles, policies, pods and neighbours of the identity, and holds no secret. Kept with reports that were ordered, not with those of sweeps. `eks-pod-identity judge` judges it again.',
    failures: [403, 404],
  }),
  /** Past reports of one service account, newest first. */
  listReports: endpoint({
    route: 'GET /v1/service-accounts/{cluster}/{namespace}/{name}/reports',
    at: ofServiceAccount,
    query: pageQuerySchema,
    answer: reportPageSchema,
    needs: [associationReadPermission],
    summary: 'The verifications of a service account, newest first',
    description:
      'Needs eks-pod-identity.association.read on the service account.',
    failures: [400, 403],
    cached: true,
  }),
};
