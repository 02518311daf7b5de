import { diagnose, type Finding } from '../vocabulary/diagnosis';
import type {
  CheckResult,
  CheckStatus,
  VerificationReport,
} from '../vocabulary/report';
import {
  docsOf,
  evidenceOf,
  factsOf,
  followersLine,
  outcome,
  partsOf,
  type ReportFormOptions,
  SYMBOLS,
} from './reportWords';
import { capitalised } from '../vocabulary/statusWords';
import { plainText } from './plainText';

/** How a report looks in a terminal. @public */
export interface TerminalFormOptions extends ReportFormOptions {
  /** The stream that it is written to, such as `process.stdout`: only one that has colours gets them. */
  stream?: { hasColors?(): boolean };
}

type Paint = (status: CheckStatus, text: string) => string;

/** Select Graphic Rendition codes of ECMA-48. */
const COLOURS: Record<CheckStatus, number> = {
  pass: 32,
  note: 34,
  warn: 33,
  fail: 31,
  skip: 2,
  unknown: 35,
};

const painter = (stream: TerminalFormOptions['stream']): Paint =>
  stream?.hasColors?.()
    ? (status, text) => `\u001b[${COLOURS[status]}m${text}\u001b[0m`
    : (_, text) => text;

const STATES: Partial<Record<CheckStatus, string>> = {
  fail: 'failed',
  warn: 'warning',
  unknown: 'could not be answered',
};

/**
 * What a run found as one line, without the word for its status: for a list of many.
 *
 * @public
 */
export function renderOutcomeLine(report: VerificationReport): string {
  return plainText(capitalised(outcome(report)));
}

/**
 * One check as one line: what it saw, or that it found something, which the end of the report explains. For a log that
 * grows while a verification runs.
 *
 * @public
 */
export function renderCheckLine(check: CheckResult): string {
  return checkLine(check, check.becauseOf, painter(undefined));
}

function checkLine(
  { id, status, message }: CheckResult,
  explainedBy: string | undefined,
  paint: Paint,
): string {
  if (status === 'pass' || status === 'note') {
    return `${paint(status, SYMBOLS[status])} ${id}  ${plainText(message)}`;
  }
  return explainedBy
    ? `${paint('skip', SYMBOLS.skip)} ${id}  waits for ${explainedBy}`
    : `${paint(status, SYMBOLS[status])} ${id}  ${STATES[status] ?? 'skipped'}`;
}

/** What to do about a finding, and what waits for it. Commands begin at the margin, ready to be copied. */
function fixLines(finding: Finding): string[] {
  const { check } = finding;
  const { fix } = check;
  const waiting = followersLine(finding, ({ id }) => id);
  return [
    ...(fix ? [`  ${fix.cause}`] : []),
    ...evidenceOf(check).map(([name, value]) => `  ${name}: ${value}`),
    ...(fix?.actions ?? []).map((action, index) => `  ${index + 1}. ${action}`),
    ...(fix?.snippet ? ['', ...fix.snippet.text.split('\n'), ''] : []),
    ...(waiting ? [`  ${waiting}`] : []),
    `  check: ${[check.id, docsOf(check)].filter(Boolean).join(' ')}`,
  ].map(plainText);
}

function otherLines(finding: Finding, paint: Paint): string[] {
  const { status, message } = finding.check;
  return [
    '',
    `${paint(status, SYMBOLS[status])} ${plainText(message)}`,
    ...fixLines(finding),
  ];
}

const VERDICTS: Record<VerificationReport['status'], CheckStatus> = {
  broken: 'fail',
  'no-pod-has-it': 'fail',
  'other-identity': 'fail',
  'pods-not-started': 'fail',
  'restart-needed': 'warn',
  'partly-works': 'warn',
  'could-not-check': 'unknown',
  'setting-up': 'unknown',
  'rolling-out': 'unknown',
  // Nothing is proven, so no tick
  'looks-right': 'note',
  'no-workload': 'note',
  'no-identity': 'note',
  'uses-irsa': 'note',
  verified: 'pass',
};

/**
 * The end of a log in which every check has its line: the verdict, its cause and fix, what waits for it, what is wrong
 * besides, and how to verify again.
 *
 * @public
 */
export function renderConclusionLines(
  report: VerificationReport,
  options: TerminalFormOptions = {},
): string[] {
  const paint = painter(options.stream);
  return [
    ...verdictLines(report, paint, options),
    ...endLines(report, options),
  ];
}

function verdictLines(
  report: VerificationReport,
  paint: Paint,
  options: ReportFormOptions,
): string[] {
  const { lead, rest, reused, cause, others } = partsOf(report, options);
  const verdict = VERDICTS[report.status];
  return [
    `${paint(verdict, SYMBOLS[verdict])} ${plainText(lead)}`,
    ...[rest, reused].filter(Boolean).map(text => `  ${plainText(text!)}`),
    ...(cause ? fixLines(cause) : []),
    ...others.flatMap(finding => otherLines(finding, paint)),
  ];
}

function endLines(
  report: VerificationReport,
  options: ReportFormOptions,
): string[] {
  const { counts, again } = partsOf(report, options);
  return ['', counts, ...(again ? [`${again}.`] : [])];
}

/**
 * A report for a terminal: the verdict with its cause and fix, every check in the order of the credential path, and how
 * to verify again.
 *
 * @public
 */
export function renderReportTerminal(
  report: VerificationReport,
  options: TerminalFormOptions = {},
): string {
  const paint = painter(options.stream);
  const { explainedBy } = diagnose(report);
  return [
    ...verdictLines(report, paint, options),
    '',
    ...factsOf(report).map(([name, value]) => plainText(`${name}: ${value}`)),
    '',
    ...report.checks.map(check =>
      checkLine(check, explainedBy.get(check.id)?.id, paint),
    ),
    ...endLines(report, options),
  ]
    .join('\n')
    .concat('\n');
}
