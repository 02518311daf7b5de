import { diagnose, type Finding, rootOf } from '../vocabulary/diagnosis';
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
import { plainLines, plainText } from './plainText';

/** How a report looks in a terminal. @public */
export interface TerminalFormOptions extends ReportFormOptions {
  /** The stream that it is written to, such as `process.stdout`: only one that has colours gets them. */
  stream?: { hasColors?(): boolean };
  /**
   * Breaks a line of prose for the width of the terminal; default: it stays one line. Commands are never broken, because
   * they are copied.
   *
   * @param indent - columns by which the lines that follow begin further in
   */
  wrap?(line: string, indent: number): string;
  /**
   * Names checks by their titles: where words with dots become links, ids lead to strangers. Default: by their ids,
   * which commands take.
   */
  byTitle?: boolean;
}

/** How the line of one check looks. @public */
export interface CheckLineOptions
  extends Omit<TerminalFormOptions, 'verifyAgain' | 'byTitle'> {
  /** What is known of the run, this check included: the line then names the deepest of them that explains it. */
  among?: readonly CheckResult[];
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

const asItIs = (line: string, _indent: number) => line;

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
export function renderCheckLine(
  check: CheckResult,
  { among, stream, wrap = asItIs }: CheckLineOptions = {},
): string {
  const root = among && rootOf(check, among, 'explanations');
  const explainedBy = root === check ? undefined : root?.id;
  return wrap(
    checkLine(check, among ? explainedBy : check.becauseOf, painter(stream)),
    2,
  );
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
function fixLines(
  finding: Finding,
  { wrap = asItIs, byTitle }: TerminalFormOptions,
): string[] {
  const { check } = finding;
  const { fix } = check;
  const waiting = followersLine(finding);
  const checkName = byTitle ? `“${check.title}”` : check.id;
  const prose = (text: string, indent: number) =>
    wrap(plainText(`  ${text}`), indent);
  return [
    ...(fix ? [prose(fix.cause, 2)] : []),
    ...evidenceOf(check).map(([name, value]) => prose(`${name}: ${value}`, 4)),
    ...(fix?.actions ?? []).map((action, index) =>
      prose(`${index + 1}. ${action}`, 5),
    ),
    ...(fix?.snippet ? ['', plainLines(fix.snippet.text), ''] : []),
    ...(waiting ? [prose(waiting, 4)] : []),
    plainText(
      `  check: ${[checkName, docsOf(check)].filter(Boolean).join(' ')}`,
    ),
  ];
}

function otherLines(
  finding: Finding,
  paint: Paint,
  options: TerminalFormOptions,
): string[] {
  const { status, message } = finding.check;
  return [
    '',
    (options.wrap ?? asItIs)(
      `${paint(status, SYMBOLS[status])} ${plainText(message)}`,
      2,
    ),
    ...fixLines(finding, options),
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
  options: TerminalFormOptions,
): string[] {
  const { wrap = asItIs } = options;
  const { lead, rest, reused, cause, others } = partsOf(report, options);
  const verdict = VERDICTS[report.status];
  return [
    wrap(`${paint(verdict, SYMBOLS[verdict])} ${plainText(lead)}`, 2),
    ...[rest, reused]
      .filter(Boolean)
      .map(text => wrap(`  ${plainText(text!)}`, 2)),
    ...(cause ? fixLines(cause, options) : []),
    ...others.flatMap(finding => otherLines(finding, paint, options)),
  ];
}

function endLines(
  report: VerificationReport,
  options: ReportFormOptions,
): string[] {
  const { counts, again } = partsOf(report, options);
  return ['', counts, ...(again ? [`${again}.`] : [])];
}

const factLines = (
  report: VerificationReport,
  wrap: (line: string, indent: number) => string,
) =>
  factsOf(report).map(([name, value]) =>
    wrap(plainText(`${name}: ${value}`), 2),
  );

/**
 * The end of a run whose checks stand above it on a terminal: what {@link renderConclusionLines} says, with the subject
 * and the evidence of the run.
 *
 * @public
 */
export function renderConclusionTerminal(
  report: VerificationReport,
  options: TerminalFormOptions = {},
): string {
  return [
    ...verdictLines(report, painter(options.stream), options),
    '',
    ...factLines(report, options.wrap ?? asItIs),
    ...endLines(report, options),
  ]
    .join('\n')
    .concat('\n');
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
  const { wrap = asItIs } = options;
  const paint = painter(options.stream);
  const { explainedBy } = diagnose(report);
  return [
    ...verdictLines(report, paint, options),
    '',
    ...factLines(report, wrap),
    '',
    ...report.checks.map(check =>
      wrap(checkLine(check, explainedBy.get(check.id)?.id, paint), 2),
    ),
    ...endLines(report, options),
  ]
    .join('\n')
    .concat('\n');
}
