import type { Finding } from '../vocabulary/diagnosis';
import type { CheckResult, VerificationReport } from '../vocabulary/report';
import { codeBlock } from './codeBlock';
import { plainText } from './plainText';
import {
  docsOf,
  evidenceOf,
  factsOf,
  followersLine,
  partsOf,
  type ReportFormOptions,
  SYMBOLS,
} from './reportWords';

/**
 * Text from an external source on one line, with characters escaped that would end table cells or begin links, HTML or
 * emphasis.
 *
 * @public
 */
export function escapeMarkdown(text: string): string {
  return plainText(text)
    .replace(/\\/g, '\\\\')
    .replace(/([|<>[\]*_`~])/g, '\\$1');
}

function inlineCode(text: string): string {
  // An empty line would end the code span and allow markup
  return /[`\n]/.test(text) ? escapeMarkdown(text) : `\`${plainText(text)}\``;
}

/** Lines with an empty one behind them; nothing where there are none. */
const block = (lines: string[]) => (lines.length ? [...lines, ''] : []);

/** What to do about a finding, and what waits for it. */
function fixLines(finding: Finding): string[] {
  const { check } = finding;
  const { fix } = check;
  const docs = docsOf(check);
  const waiting = followersLine(finding);
  return [
    ...block(
      evidenceOf(check).map(
        ([name, value]) => `- ${name}: ${inlineCode(value)}`,
      ),
    ),
    ...block(fix ? [escapeMarkdown(fix.cause)] : []),
    ...block(
      (fix?.actions ?? []).map(
        (action, index) => `${index + 1}. ${escapeMarkdown(action)}`,
      ),
    ),
    ...block(
      fix?.snippet ? codeBlock(fix.snippet.language, fix.snippet.text) : [],
    ),
    ...block(waiting ? [waiting] : []),
    docs
      ? `About this check: [${escapeMarkdown(check.title)}](${docs})`
      : `Check: ${inlineCode(check.id)}`,
    '',
  ];
}

function otherLines(finding: Finding): string[] {
  const { check } = finding;
  return [
    `**${SYMBOLS[check.status]}** ${escapeMarkdown(check.message)}`,
    '',
    ...fixLines(finding),
  ];
}

const noteLine = ({ message }: CheckResult) =>
  `- Note: ${escapeMarkdown(message)}`;

/**
 * A report as Markdown: the verdict in a sentence; where something is wrong its cause and fix, what waits for it, and
 * what is wrong besides; and how to verify again. Checks that passed are counted.
 *
 * @public
 */
export function renderReportMarkdown(
  report: VerificationReport,
  options: ReportFormOptions = {},
): string {
  const parts = partsOf(report, options);
  const { cause, others, notes, again } = parts;
  return [
    `### ${escapeMarkdown(parts.lead)}`,
    '',
    ...block(parts.rest ? [escapeMarkdown(parts.rest)] : []),
    ...block(parts.reused ? [parts.reused] : []),
    ...(cause ? fixLines(cause) : []),
    ...(others.length
      ? ['#### Besides', '', ...others.flatMap(otherLines)]
      : []),
    ...(cause || others.length ? ['#### About this run', ''] : []),
    ...factsOf(report).map(
      ([name, value]) =>
        `- ${name}: ${name === 'Proof' ? value : inlineCode(value)}`,
    ),
    ...notes.map(noteLine),
    '',
    parts.counts,
    '',
    ...(again ? [`${again}.`] : []),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}
