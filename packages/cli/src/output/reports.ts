import type {
  FailOn,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { EXIT } from '../exitCodes';
import type { Output } from '../io';
import { libraries } from '../libraries';
import { annotationsOf, type PlaceOf } from './annotations/annotation';
import { renderCodeQuality } from './annotations/codeQuality';
import { renderGitHub } from './annotations/github';
import { renderJUnit } from './junit';
import { statusLines } from './statusLines';
import { wrapFor } from './wrapping';

export const FORMATS = ['text', 'json', 'junit', 'markdown'] as const;
/** Of a run in a pipeline too. */
export const PIPELINE_FORMATS = [
  ...FORMATS,
  'headline',
  'github',
  'code-quality',
] as const;
export type Format = (typeof PIPELINE_FORMATS)[number];

/** A further report of a run. */
export interface ReportFile {
  format: Format;
  file: string;
}

/** Grows with each change that a reader of the JSON has to know. */
const SCHEMA_VERSION = 2;

const AGAIN = 'Then run this command again';

/** What the command line says of the exit code. */
export interface Judging {
  failOn: FailOn;
  requireProof?: boolean;
  /** A service account that nothing uses yet is as it should be. */
  beforeDeploy?: boolean;
  /** Pods that started earlier are no finding where the pod of the run obtained the role. */
  restartLater?: boolean;
}

/** A report whose checks have a link where it leads somewhere: the name of a file of our source does not. */
const withLinks = (report: VerificationReport) => ({
  ...report,
  checks: report.checks.map(({ docsUrl, ...check }) => ({
    ...check,
    ...(URL.canParse(docsUrl) ? { docsUrl } : {}),
  })),
});

/** The schema of a report in which links are optional. */
function reportSchema(): object {
  const { common, zodToJsonSchema } = libraries;
  const schema: any = zodToJsonSchema(common.verificationReportSchema, {
    $refStrategy: 'none',
  });
  const { items } = schema.properties.checks;
  items.required = items.required.filter((key: string) => key !== 'docsUrl');
  return schema;
}

/** JSON schema of what `--output json` prints. */
export function reportsSchema(): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'eks-pod-identity verify --output json',
    type: 'object',
    required: ['schemaVersion', 'reports'],
    additionalProperties: false,
    properties: {
      schemaVersion: { const: SCHEMA_VERSION },
      reports: {
        type: 'array',
        items: reportSchema(),
      },
    },
  };
}

/** Where a report is written to, and how. */
export interface Shown {
  format: Format;
  stream: Output;
  /** The checks of one, or the status of each of many, are above it already. */
  isLive?: boolean;
  /** Of manifests, where there are any. */
  placeOf?: PlaceOf;
  /** Sentences about the run, for a form that has no other stream. */
  notes?: readonly string[];
}

/** A stream that has no colours. */
const PLAIN: Output = { write: () => {} };

/** Reports in the form that was asked for. */
export function renderReports(
  reports: readonly VerificationReport[],
  { format, stream, isLive, placeOf = () => undefined, notes = [] }: Shown,
  judging: Judging,
): string {
  const { common } = libraries;
  const annotations = () =>
    annotationsOf(reports, one => meaningOf(one, judging), placeOf);
  switch (format) {
    case 'json':
      return `${JSON.stringify(
        { schemaVersion: SCHEMA_VERSION, reports: reports.map(withLinks) },
        null,
        2,
      )}\n`;
    case 'junit':
      return renderJUnit(reports, report => meaningOf(report, judging));
    case 'markdown':
      return reports
        .map(one => common.renderReportMarkdown(one, { verifyAgain: AGAIN }))
        .join('\n');
    case 'headline':
      return reports.map(one => `${common.headline(one)}\n`).join('');
    case 'github':
      return renderGitHub(
        [renderText(reports, PLAIN), ...notes].join('\n'),
        annotations(),
      );
    case 'code-quality':
      return renderCodeQuality(annotations());
    default:
      return renderText(reports, stream, isLive);
  }
}

function renderText(
  reports: readonly VerificationReport[],
  stream: Output,
  isLive?: boolean,
): string {
  return reports.length === 1
    ? renderOne(reports[0], stream, isLive)
    : renderMany(reports, stream, isLive);
}

function renderOne(
  report: VerificationReport,
  stream: Output,
  isLive?: boolean,
): string {
  const { renderConclusionTerminal, renderReportTerminal } = libraries.common;
  const options = { verifyAgain: AGAIN, stream, wrap: wrapFor(stream) };
  return isLive
    ? `\n${renderConclusionTerminal(report, options)}`
    : renderReportTerminal(report, options);
}

/** The reports of those that need a look, and the status of each identity, unless that is above already. */
function renderMany(
  reports: readonly VerificationReport[],
  stream: Output,
  isLive?: boolean,
): string {
  const { common } = libraries;
  const bad = reports.filter(one => !common.isGood(one.status));
  const wrap = wrapFor(stream);
  const lines = reports.map(one => `${statusLines(one, stream)}\n`);
  return [
    ...(isLive ? [''] : []),
    ...bad.map(one => common.renderReportTerminal(one, { stream, wrap })),
    ...(isLive ? [] : [lines.join('')]),
    `${reports.length - bad.length} of ${
      reports.length
    } identities are as they should be.\n`,
  ].join('\n');
}

/** What a report means for the exit code: a finding, an answer that is missing, or neither. */
function meaningOf(
  { status, way, proof }: VerificationReport,
  { failOn, requireProof, beforeDeploy, restartLater }: Judging,
) {
  const { common } = libraries;
  if (restartLater && !requireProof && status === 'restart-needed') {
    // Whatever the pods lack: without the pod of this run nothing shows that a restart gives it to them.
    return way === 'proven' && proof === 'credentials'
      ? undefined
      : 'unanswered';
  }
  const isUnused = ['no-workload', 'no-identity', 'uses-irsa'].includes(status);
  // Where nothing uses the identity, no pod answers what was asked.
  const asked = isUnused && !beforeDeploy ? 'could-not-check' : status;
  const means = common.failureOf(asked, failOn);
  const isUnproven = requireProof && status !== 'verified';
  return means ?? (isUnproven ? 'unanswered' : undefined);
}

/** The exit code of reports: a finding outranks an answer that is missing. */
export function exitCodeOf(
  reports: readonly VerificationReport[],
  judging: Judging,
): number {
  const means = reports.map(report => meaningOf(report, judging));
  if (means.includes('finding')) return EXIT.failed;
  return means.includes('unanswered') ? EXIT.inconclusive : EXIT.ok;
}
