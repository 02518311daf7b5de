import { InputError } from '@backstage/errors';
import {
  MAX_PERMISSION_CHECKS,
  permissionCheckSchema,
  plainLines,
  plainText,
  type VerificationReport,
  verificationReportSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import type { ClusterConfig } from '../../clusters/types';
import { foreign } from '../../text/foreign';
import type { CheckContext } from '../framework/check';
import type { Fact } from '../framework/fact';
import type { FactName } from '../framework/facts';
import { redact } from '../framework/redactReport';
import type { VerifyRequest } from '../framework/request';

/** Grows when an engine from before could not judge a bundle any more. */
const SCHEMA_VERSION = 1;

/** Facts by name, as far as a run has asked for them. */
export type BundledFacts = Partial<Record<FactName, Fact<unknown>>>;

/**
 * The facts of one run without secrets, for an engine elsewhere to judge again. It names accounts, roles, pods and
 * neighbours of the identity, and may hold the documents of policies: it is for those who may see all of them.
 *
 * @public
 */
export interface FactBundle {
  schemaVersion: number;
  /** What the engine of then said. */
  report: VerificationReport;
  request: Pick<
    VerifyRequest,
    'expectedRoleArn' | 'permissionChecks' | 'asksAsBefore' | 'perNodeGroup'
  >;
  cluster: ClusterConfig;
  portalId: string;
  /** Epoch milliseconds. */
  now: number;
  changedAt?: number;
  facts: BundledFacts;
}

/** Longest text of a bundle that is read, in characters: a whole one of a large cluster has a tenth of it. */
const LONGEST = 16 * 1024 * 1024;

/**
 * Every text of a value, redacted. JSON is what a bundle becomes, so a value is what JSON knows. Annotations hold what people
 * and tools wrote there, whole manifests among it, and no check that judges a bundle reads one: the role of IRSA is a field.
 */
function redacted<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (key, one) => {
    if (key === 'annotations' && typeof one === 'object') return {};
    return typeof one === 'string' ? redact(one) : one;
  });
}

/** Texts of a bundle, which comes from others, and the names of its fields: those of labels are shown. */
function cleaned(_key: string, one: unknown) {
  if (typeof one === 'string') return plainLines(one);
  return one && typeof one === 'object' && !Array.isArray(one)
    ? Object.fromEntries(
        Object.entries(one).map(([name, value]) => [plainLines(name), value]),
      )
    : one;
}

/** What the engine of then said, each text on one line. */
const onOneLine = (report: VerificationReport): VerificationReport =>
  JSON.parse(JSON.stringify(report), (_key, one) =>
    typeof one === 'string' ? plainText(one) : one,
  );

/** Bundles what a run has read. */
export function makeBundle(run: {
  report: VerificationReport;
  request: VerifyRequest;
  context: CheckContext;
  facts: BundledFacts;
}): FactBundle {
  const { report, request, context, facts } = run;
  const { expectedRoleArn, permissionChecks, asksAsBefore, perNodeGroup } =
    request;
  return redacted({
    schemaVersion: SCHEMA_VERSION,
    report,
    request: { expectedRoleArn, permissionChecks, asksAsBefore, perNodeGroup },
    // It is judged elsewhere
    cluster: { ...context.cluster, permissionsUrl: undefined },
    portalId: context.portalId,
    now: context.now,
    changedAt: context.changedAt,
    // Only checks of adopters need them, and those are not judged again
    facts: { ...facts, inlinePolicies: undefined },
  });
}

const bundleSchema = z.object({
  schemaVersion: z.number(),
  report: verificationReportSchema.transform(onOneLine),
  request: z.object({
    expectedRoleArn: z.string().optional(),
    permissionChecks: z.array(permissionCheckSchema).max(MAX_PERMISSION_CHECKS),
    asksAsBefore: z.boolean().optional(),
    perNodeGroup: z.boolean().optional(),
  }),
  cluster: z
    .object({
      id: z.string(),
      name: z.string(),
      region: z.string(),
      accountId: z.string(),
      partition: z.string(),
      arn: z.string(),
    })
    .passthrough(),
  portalId: z.string(),
  now: z.number(),
  changedAt: z.number().optional(),
  facts: z.record(z.object({ known: z.boolean() }).passthrough()),
});

/**
 * Reads the text of a bundle.
 *
 * @throws InputError where it is none, or one of a newer engine
 * @public
 */
export function parseBundle(text: string): FactBundle {
  if (text.length > LONGEST) {
    throw new InputError(
      `This is no bundle: it has ${text.length} characters, and at most ${LONGEST} are read.`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text, cleaned);
  } catch {
    throw new InputError('This is no bundle: it is not JSON.');
  }
  const { schemaVersion } = { ...(value as Partial<FactBundle>) };
  if (typeof schemaVersion === 'number' && schemaVersion > SCHEMA_VERSION) {
    throw new InputError(
      `This bundle has schema version ${schemaVersion}, and this engine knows ${SCHEMA_VERSION}: use a newer one.`,
    );
  }
  const parsed = bundleSchema.safeParse(value);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(
      `This is no bundle: ${
        foreign(path.join('.'), 200) || 'the file'
      }: ${foreign(message, 500)}.`,
    );
  }
  return parsed.data as unknown as FactBundle;
}
