import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { EXIT } from '../exitCodes';
import type { Output } from '../io';
import { libraries } from '../libraries';
import { renderJUnit } from './junit';

export const FORMATS = ['text', 'json', 'junit', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

/** The least severe verdict that is a finding. */
export const FAIL_ON = ['never', 'failed', 'inconclusive', 'degraded'] as const;
export type FailOn = (typeof FAIL_ON)[number];

/** Grows with each change that a reader of the JSON has to know. */
const SCHEMA_VERSION = 1;

const AGAIN = 'Then run this command again';

const isGood = ({ status }: VerificationReport) =>
  status === 'verified' || status === 'consistent';

/** JSON schema of what `--output json` prints. */
export function reportsSchema(): object {
  const { common, zodToJsonSchema } = libraries;
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
        items: zodToJsonSchema(common.verificationReportSchema, {
          $refStrategy: 'none',
        }),
      },
    },
  };
}

/** Reports in the form that was asked for. */
export function renderReports(
  reports: readonly VerificationReport[],
  format: Format,
  stream: Output,
): string {
  const { common } = libraries;
  switch (format) {
    case 'json':
      return `${JSON.stringify(
        { schemaVersion: SCHEMA_VERSION, reports },
        null,
        2,
      )}\n`;
    case 'junit':
      return renderJUnit(reports);
    case 'markdown':
      return reports
        .map(one => common.renderReportMarkdown(one, { verifyAgain: AGAIN }))
        .join('\n');
    default:
      return reports.length === 1
        ? common.renderReportTerminal(reports[0], {
            verifyAgain: AGAIN,
            stream,
          })
        : renderMany(reports, stream);
  }
}

/** A line for each identity, then the reports of those that need a look. */
function renderMany(
  reports: readonly VerificationReport[],
  stream: Output,
): string {
  const { common } = libraries;
  const bad = reports.filter(one => !isGood(one));
  const lines = reports.map(one => {
    const { namespace, serviceAccount } = one.ref;
    return `${one.status.padEnd(12)} ${namespace}/${serviceAccount}`;
  });
  return [
    ...bad.map(one => common.renderReportTerminal(one, { stream })),
    `${lines.join('\n')}\n`,
    `${reports.length - bad.length} of ${
      reports.length
    } identities are as they should be.\n`,
  ].join('\n');
}

/** What the reports mean for the exit code. */
export function exitCodeOf(
  reports: readonly VerificationReport[],
  failOn: FailOn,
): number {
  const from = FAIL_ON.indexOf(failOn);
  const some = (status: FailOn) =>
    from >= FAIL_ON.indexOf(status) &&
    reports.some(report => report.status === status);
  if (some('failed') || some('degraded')) return EXIT.failed;
  return some('inconclusive') ? EXIT.inconclusive : EXIT.ok;
}
