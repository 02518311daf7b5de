import { stringifyServiceAccountRef } from './ref';
import { CheckResult, CheckStatus, VerificationReport } from './report';

const SYMBOLS: Record<CheckStatus, string> = {
  pass: '✓',
  note: 'i',
  warn: '!',
  fail: '✗',
  skip: '-',
  unknown: '?',
};

const WORDS: Record<CheckStatus, string> = {
  pass: 'pass',
  note: 'note',
  warn: 'warning',
  fail: 'fail',
  skip: 'skipped',
  unknown: 'unknown',
};

/** By check, those that explain it although they only warn. */
const DEEPER: Record<string, readonly string[]> = {
  'agent.on-node': ['agent.healthy'],
  'credentials.agent-answers': ['agent.healthy'],
};

/** The check that explains this one; the same where nothing does. */
function deepest(found: CheckResult, checks: CheckResult[]): CheckResult {
  const access = checks.find(
    check => check.id === found.becauseOf && check.status === 'unknown',
  );
  const explains = DEEPER[found.id] ?? [];
  return (
    access ??
    checks.find(
      check => explains.includes(check.id) && check.status === 'warn',
    ) ??
    found
  );
}

/**
 * The check to read first: the first failure along the credential path, else the first unanswered check that makes
 * the report inconclusive, else the first warning; or the check that explains it. Undefined if nothing is wrong.
 *
 * @public
 */
export function firstBrokenHop(
  report: Pick<VerificationReport, 'status' | 'checks'>,
): CheckResult | undefined {
  const { checks } = report;
  const first = (status: CheckStatus, among: CheckResult[] = checks) =>
    among.find(check => check.status === status);
  const found = () => {
    switch (report.status) {
      case 'failed':
        return first('fail');
      case 'inconclusive':
        return (
          first(
            'unknown',
            checks.filter(check => !check.advisory),
          ) ?? first('unknown')
        );
      case 'degraded':
        return first('warn');
      default:
        return undefined;
    }
  };
  const hop = found();
  return hop && deepest(hop, checks);
}

function subject(report: VerificationReport): string {
  const { cluster, namespace, serviceAccount } = report.ref;
  return `${namespace}/${serviceAccount} on ${cluster}`;
}

/** `arn:…:assumed-role/name/session` and `arn:…:role/path/name` both contain the name of a role. */
function roleNameOf(arn: string | undefined): string | undefined {
  if (!arn) return undefined;
  const parts = arn.split('/');
  return arn.includes(':assumed-role/') ? parts[1] : parts[parts.length - 1];
}

/** The outcome of a run in one sentence. @public */
export function headline(report: VerificationReport): string {
  const hop = firstBrokenHop(report);
  const role = roleNameOf(report.callerArn);
  switch (report.status) {
    case 'verified':
      return `Verified: a fresh pod of ${subject(report)} obtained the role${
        role ? ` ${role}` : ''
      }.`;
    case 'consistent':
      if (report.proof === 'admission') {
        return `Consistent: new pods of ${subject(
          report,
        )} receive the identity; no pod was run to prove that it works.`;
      }
      return `Consistent: everything that can be checked for ${subject(
        report,
      )} without a pod is correct; no pod was run to prove that it works.`;
    case 'degraded':
      return `Degraded: ${hop?.message ?? `see the warnings.`}`;
    case 'failed':
      return `Failed: ${hop?.message ?? 'see the failed checks.'}`;
    default:
      return `Inconclusive: ${
        hop?.message ?? 'some checks could not be answered.'
      }`;
  }
}

/**
 * One check as log lines: its answer, and what to do if it is not good.
 *
 * @public
 */
export function renderCheckLines(check: CheckResult): string[] {
  const lines = [renderCheckLine(check)];
  if (needsHint(check) && check.fix?.actions.length) {
    lines.push(`    → ${check.fix.actions[0]}`);
    const snippet = check.fix.snippet?.text;
    // A one-line command fits into the log; longer snippets are in the conclusion and the report
    if (snippet && !snippet.includes('\n')) lines.push(`      ${snippet}`);
  }
  return lines;
}

function needsHint(check: CheckResult): boolean {
  return ['warn', 'fail', 'unknown'].includes(check.status);
}

/** One check as one log line, without its hint. @public */
export function renderCheckLine(check: CheckResult): string {
  return `${SYMBOLS[check.status]} ${check.id}  ${check.message}`;
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Number of checks by status: `14 passed, 1 failed, 2 skipped`; zeros are left out, except for `passed`. @public */
export function countsLine(checks: CheckResult[]): string {
  const count = (status: CheckStatus) =>
    checks.filter(check => check.status === status).length;
  return [
    `${count('pass')} passed`,
    count('fail') && `${count('fail')} failed`,
    count('warn') && plural(count('warn'), 'warning'),
    count('note') && plural(count('note'), 'note'),
    count('unknown') && `${count('unknown')} could not be answered`,
    count('skip') && `${count('skip')} skipped`,
  ]
    .filter(Boolean)
    .join(', ');
}

/**
 * The end of a run in a log: the verdict, the first broken hop, its cause and its fix.
 *
 * @public
 */
export function renderConclusionLines(report: VerificationReport): string[] {
  const lines = [headline(report), `${countsLine(report.checks)}.`];
  if (report.reused) {
    lines.push(
      `This is the report of ${report.finishedAt}: nothing has changed since, so no new pod was run.`,
    );
  }
  const hop = firstBrokenHop(report);
  if (!hop) return lines;
  lines.push('', `Fix first: ${hop.title} (${hop.id})`);
  if (hop.expected) lines.push(`  expected: ${hop.expected}`);
  if (hop.observed) lines.push(`  observed: ${hop.observed}`);
  if (hop.fix) {
    lines.push(`  cause: ${hop.fix.cause}`);
    hop.fix.actions.forEach((action, index) =>
      lines.push(`  ${index + 1}. ${action}`),
    );
    if (hop.fix.snippet) {
      lines.push(
        ...hop.fix.snippet.text.split('\n').map(line => `     ${line}`),
      );
    }
  }
  lines.push(`  more: ${hop.docsUrl}`);
  return lines;
}

/**
 * Text from an external source on one line, with characters escaped that would end table cells or begin links, HTML or
 * emphasis.
 *
 * @public
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\\/g, '\\\\')
    .replace(/([|<>[\]*_`~])/g, '\\$1')
    .replace(/\s*\n\s*/g, ' ');
}

/** A fence longer than any run of backticks inside. */
function codeBlock(language: string, text: string): string[] {
  const longest = (text.match(/`+/g) ?? []).reduce(
    (length, run) => Math.max(length, run.length),
    2,
  );
  const fence = '`'.repeat(longest + 1);
  return [`${fence}${language}`, text, fence];
}

function inlineCode(text: string): string {
  // An empty line would end the code span and allow markup
  return /[`\n]/.test(text) ? escapeMarkdown(text) : `\`${text}\``;
}

function markdownFix(check: CheckResult): string[] {
  const lines = [`**${escapeMarkdown(check.title)}**`, ''];
  if (check.expected) lines.push(`- Expected: ${inlineCode(check.expected)}`);
  if (check.observed) lines.push(`- Observed: ${inlineCode(check.observed)}`);
  if (check.expected || check.observed) lines.push('');
  if (check.fix) {
    lines.push(escapeMarkdown(check.fix.cause), '');
    check.fix.actions.forEach((action, index) =>
      lines.push(`${index + 1}. ${escapeMarkdown(action)}`),
    );
    if (check.fix.actions.length) lines.push('');
    if (check.fix.snippet) {
      lines.push(
        ...codeBlock(check.fix.snippet.language, check.fix.snippet.text),
        '',
      );
    }
  }
  lines.push(`[About this check](${check.docsUrl})`, '');
  return lines;
}

function markdownFacts(report: VerificationReport): string[] {
  const rows: Array<[string, string | undefined]> = [
    ['Service account', stringifyServiceAccountRef(report.ref)],
    ['Component', report.entityRef],
    ['Expected role', report.expectedRoleArn],
    ['Identity of the pod', report.callerArn],
    [
      'New pods received it after',
      report.effectiveAfterMs === undefined
        ? undefined
        : `${(report.effectiveAfterMs / 1000).toFixed(1)} s`,
    ],
    ['Finished', report.finishedAt],
  ];
  return [
    // Without words, the header would be an empty row
    '| Fact | Value |',
    '| --- | --- |',
    ...rows
      .filter(([, value]) => value)
      .map(([name, value]) => `| ${name} | ${inlineCode(value!)} |`),
    '',
  ];
}

function markdownCheck(check: CheckResult): string {
  // A hyphen would start a nested list
  const symbol = check.status === 'skip' ? '–' : SYMBOLS[check.status];
  const word = `${symbol} ${WORDS[check.status]}`;
  return `- ${needsHint(check) ? `**${word}**` : word} ${inlineCode(
    check.id,
  )}: ${escapeMarkdown(check.message)}`;
}

/** A whole report as Markdown: verdict, the first broken hop with its fix, and every check in the order of the path. @public */
export function renderReportMarkdown(report: VerificationReport): string {
  const hop = firstBrokenHop(report);
  const others = report.checks.filter(
    check => check !== hop && needsHint(check) && check.fix && !check.becauseOf,
  );
  return [
    `### ${escapeMarkdown(headline(report))}`,
    '',
    ...markdownFacts(report),
    ...(hop ? ['#### Fix this first', '', ...markdownFix(hop)] : []),
    `#### Checks: ${countsLine(report.checks)}`,
    '',
    // A list: in a table, long messages would squeeze the other columns until words break
    ...report.checks.map(markdownCheck),
    '',
    ...(others.length
      ? ['#### Also worth fixing', '', ...others.flatMap(markdownFix)]
      : []),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}
