import type {
  CheckResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { libraries } from '../libraries';

/** Text as XML 1.0 allows it, in attributes too. */
function xml(text: string): string {
  return libraries.common
    .plainLines(text)
    .replace(/[\ufffe\uffff]/g, ' ')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])/g, ' ')
    .replace(/(?<![\ud800-\udbff])[\udc00-\udfff]/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/[\t\n\r]/g, one => `&#${one.charCodeAt(0)};`);
}

const tag = (name: string, attributes: Record<string, string | number>) =>
  `<${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${xml(String(value))}"`)
    .join('')}`;

const seconds = (ms: number) => (ms / 1000).toFixed(3);

/** What a test of JUnit can be. */
type Kind = 'passed' | 'failure' | 'error' | 'skipped';

function kindOf({ status }: CheckResult): Kind {
  if (status === 'fail') return 'failure';
  return ['skip', 'unknown'].includes(status) ? 'skipped' : 'passed';
}

/** What a report means for the exit code. */
type Meaning = (
  report: VerificationReport,
) => 'finding' | 'unanswered' | undefined;

const KINDS = { finding: 'failure', unanswered: 'error' } as const;

/** The verdict as the first test: its kind is that of the exit code. */
function verdictOf(report: VerificationReport, meaning: Meaning) {
  const { capitalised, outcome, STATUS_WORDS } = libraries.common;
  const means = meaning(report);
  return {
    kind: means ? KINDS[means] : 'passed',
    word: STATUS_WORDS[report.status].word,
    message: capitalised(outcome(report)),
  } as const;
}

function verdictCase(report: VerificationReport, meaning: Meaning): string[] {
  const { kind, word, message } = verdictOf(report, meaning);
  const head = tag('testcase', {
    classname: 'identity',
    name: 'verdict',
    time: seconds(0),
  });
  const said = xml(`${word}: ${message}`);
  return [
    `    ${head}>`,
    kind === 'passed'
      ? `      <system-out>${said}</system-out>`
      : `      ${tag(kind, {
          message,
          type: report.status,
        })}>${said}</${kind}>`,
    '    </testcase>',
  ];
}

/** What is wrong and what to do about it. */
function detailOf({ message, expected, observed, fix }: CheckResult): string {
  return [
    message,
    expected && `Expected: ${expected}`,
    observed && `Observed: ${observed}`,
    fix?.cause,
    ...(fix?.actions ?? []).map((one, index) => `${index + 1}. ${one}`),
    fix?.snippet?.text,
  ]
    .filter(Boolean)
    .join('\n');
}

function testcase(check: CheckResult): string[] {
  const { id, category, durationMs, status, message } = check;
  const kind = kindOf(check);
  const head = tag('testcase', {
    classname: category,
    name: id,
    time: seconds(durationMs),
  });
  if (kind === 'skipped') {
    return [`    ${head}>${tag('skipped', { message })}/></testcase>`];
  }
  if (kind !== 'passed') {
    return [
      `    ${head}>`,
      `      ${tag(kind, { message, type: status })}>${xml(
        detailOf(check),
      )}</${kind}>`,
      '    </testcase>',
    ];
  }
  return status === 'pass'
    ? [`    ${head}/>`]
    : [
        `    ${head}>`,
        `      <system-out>${xml(
          `${status}: ${detailOf(check)}`,
        )}</system-out>`,
        '    </testcase>',
      ];
}

function counts(reports: readonly VerificationReport[], meaning: Meaning) {
  const kinds = reports.flatMap(report => [
    verdictOf(report, meaning).kind,
    ...report.checks.map(kindOf),
  ]);
  const of = (kind: Kind) => kinds.filter(one => one === kind).length;
  return {
    tests: kinds.length,
    failures: of('failure'),
    errors: of('error'),
    skipped: of('skipped'),
  };
}

const lasted = ({ startedAt, finishedAt }: VerificationReport) =>
  Date.parse(finishedAt) - Date.parse(startedAt);

/** Reports as JUnit XML: a suite for each identity, a test for its verdict and for each check. */
export function renderJUnit(
  reports: readonly VerificationReport[],
  meaning: Meaning,
): string {
  const suites = reports.flatMap(report => {
    const { cluster, namespace, serviceAccount } = report.ref;
    return [
      `  ${tag('testsuite', {
        name: `${cluster}/${namespace}/${serviceAccount}`,
        ...counts([report], meaning),
        time: seconds(lasted(report)),
        timestamp: report.startedAt.replace(/(\.\d+)?Z$/, ''),
      })}>`,
      '    <properties>',
      ...(['status', 'proof', 'probe', 'engineVersion'] as const).map(
        name => `      ${tag('property', { name, value: report[name] })}/>`,
      ),
      '    </properties>',
      ...verdictCase(report, meaning),
      ...report.checks.flatMap(testcase),
      '  </testsuite>',
    ];
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `${tag('testsuites', {
      name: 'eks-pod-identity',
      ...counts(reports, meaning),
      time: seconds(reports.reduce((sum, one) => sum + lasted(one), 0)),
    })}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}
