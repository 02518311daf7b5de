import { z } from 'zod/v3';
import { type IdentityStatus, identityStatusSchema } from './identityStatus';
import { type Proof, proofSchema } from './report';
import { object } from './schema';

/** What one run found, in short. @public */
export interface ReportSummary {
  id: string;
  /** The status that this run alone gives to the identity. */
  status: IdentityStatus;
  proof: Proof;
  trigger: 'action' | 'user' | 'schedule';
  /** ISO 8601. */
  finishedAt: string;
  headline: string;
  passed: number;
  failed: number;
}

/** @public */
export const reportSummarySchema = object<ReportSummary>({
  id: z.string(),
  status: identityStatusSchema,
  proof: proofSchema,
  trigger: z.enum(['action', 'user', 'schedule']),
  finishedAt: z.string(),
  headline: z.string(),
  passed: z.number(),
  failed: z.number(),
});

/** One run in the history of a ref. @public */
export interface PastRun extends ReportSummary {
  /** See `startedBy` of a report. */
  startedBy?: string;
}

/** @public */
export const pastRunSchema = object<PastRun>({
  ...reportSummarySchema.shape,
  startedBy: z.string().optional(),
});

/** Answer of `GET /v1/service-accounts/:cluster/:namespace/:name/reports`. @public */
export interface ReportPage {
  items: PastRun[];
  nextCursor?: string;
}

/** @public */
export const reportPageSchema = object<ReportPage>({
  items: z.array(pastRunSchema),
  nextCursor: z.string().optional(),
});
