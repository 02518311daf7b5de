import {
  diagnose,
  type Diagnosis,
  type Finding,
  firstBrokenHop,
  notesIn,
} from '../vocabulary/diagnosis';
import type { ApplicationProof } from '../vocabulary/evidence';
import {
  CheckResult,
  CheckStatus,
  ProofLevel,
  proofLevelOf,
  VerificationReport,
} from '../vocabulary/report';
import type { WorkloadsFound } from '../vocabulary/verdict';
import { plainText } from './plainText';
import { capitalised, withWord } from '../vocabulary/statusWords';

/** What the reader of a report can do where it is shown. @public */
export interface ReportFormOptions {
  /** How to verify again, as a sentence without its full stop: `Run this command again`. */
  verifyAgain?: string;
}

export const SYMBOLS: Record<CheckStatus, string> = {
  pass: '✓',
  note: 'i',
  warn: '!',
  fail: '✗',
  skip: '-',
  unknown: '?',
};

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

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function inList(words: readonly string[]): string {
  const last = words[words.length - 1];
  return words.length > 1
    ? `${words.slice(0, -1).join(', ')} and ${last}`
    : last;
}

/** `2 pods of Deployment api do not have it yet: restart them.` */
function restartSentence(workloads: NonNullable<CheckResult['restart']>) {
  const named = workloads.map(({ kind, name, pods }) =>
    kind === 'Pod'
      ? `the pod ${name}`
      : `${plural(pods, 'pod')} of ${kind} ${name}`,
  );
  const one = workloads.length === 1 && workloads[0].pods === 1;
  return capitalised(
    `${inList(named)} ${
      one
        ? 'does not have it yet: restart it'
        : 'do not have it yet: restart them'
    }.`,
  );
}

/** `a roll-out is under way: 2 of 5 new pods run.` */
const rolloutSentence = (rollout: WorkloadsFound['rollout']) =>
  rollout
    ? `a roll-out is under way: ${rollout.running} of ${plural(
        rollout.wanted,
        'new pod',
      )} ${rollout.wanted === 1 ? 'runs' : 'run'}.`
    : 'a roll-out replaces the pods.';

/** Of a report that names no cause. */
const UNNAMED = {
  broken: 'see the failed checks.',
  'no-pod-has-it': 'no running pod has the identity.',
  'other-identity': 'the running pods use other credentials.',
  'pods-not-started': 'no pod of the workload runs.',
  'restart-needed': 'some pods do not have it yet: restart them.',
  'partly-works': 'some running pods do not have the identity.',
  'could-not-check': 'some checks could not be answered.',
  'setting-up': 'a change of a moment ago has not reached every part of AWS.',
  'no-identity': 'the service account has no association.',
  'uses-irsa': 'its pods have their role by IRSA.',
};

/** `a fresh pod of payments/api on prod obtained the role api, and so did its running pods.` */
function provenSentence({ proof, application, ...report }: VerificationReport) {
  const name = subject({ proof, application, ...report });
  const role = roleNameOf(report.callerArn);
  const by =
    proof === 'credentials'
      ? `a fresh pod of ${name} obtained the role${role ? ` ${role}` : ''}`
      : `running pods of ${name} obtained the role themselves`;
  const also =
    proof === 'credentials' && application
      ? ', and so did its running pods'
      : '';
  const none =
    report.workloads?.state === 'no-pods' ? '; none of its own runs now' : '';
  return `${by}${also}${none}.`;
}

/** Whether something that the verdict is about could not be read. */
const isUnread = (checks: readonly CheckResult[]) =>
  checks.some(({ status, advisory }) => status === 'unknown' && !advisory);

/** What a run found, without the word for its status: the first sentence, and what follows it. */
function findingOf(report: VerificationReport): [string, string?] {
  const { status, checks, workloads } = report;
  const cause = firstBrokenHop(report);
  switch (status) {
    case 'verified':
      return [provenSentence(report)];
    case 'looks-right':
      return [
        report.proof === 'admission'
          ? `new pods of ${subject(
              report,
            )} receive the identity, but no test pod has proven that it works.`
          : `the configuration of ${subject(report)} is as it should be${
              isUnread(checks) ? ' as far as it could be read' : ''
            }, but no test pod has proven it.`,
      ];
    case 'no-workload':
      return [
        `no pod runs under the service account of ${subject(
          report,
        )}, and no workload names it${
          report.proof === 'credentials' ? '; a test pod obtained the role' : ''
        }.`,
      ];
    case 'restart-needed': {
      const ofPods = checks.find(({ id }) => id === workloads?.check);
      const pods = (ofPods ?? cause)?.restart;
      if (pods?.length) return [restartSentence(pods)];
      break;
    }
    case 'uses-irsa': {
      const irsa = checks.find(({ id }) => id === workloads?.check);
      return [irsa?.message ?? UNNAMED[status]];
    }
    case 'rolling-out':
      return [rolloutSentence(workloads?.rollout)];
    case 'could-not-check':
      if (workloads?.lack && (!cause || report.way === 'proven')) {
        return [
          report.proof === 'credentials'
            ? `a test pod obtained the role, but the running pods could not be looked at. ${workloads.lack}`
            : workloads.lack,
        ];
      }
      break;
    default:
  }
  return cause ? sentencesOf(cause) : [UNNAMED[status]];
}

/** What a check says: the first sentence, and what follows it. */
function sentencesOf({ message, lead }: CheckResult): [string, string?] {
  // eslint-disable-next-line no-restricted-syntax -- by the length of a field; nothing is read out of the text
  return lead ? [lead, message.slice(lead.length + 1)] : [message];
}

/** What a run found, without the word for its status. @public */
export function outcome(report: VerificationReport): string {
  return findingOf(report).join(' ');
}

/** The outcome of a run in one sentence, on one line. @public */
export function headline(report: VerificationReport): string {
  return plainText(withWord(report.status, outcome(report), notesIn(report)));
}

/** Number of checks by status: `14 passed, 1 failed, 4 waiting, 2 skipped`; zeros are left out, except for `passed`. */
function countsLine(
  checks: CheckResult[],
  explainedBy: Diagnosis['explainedBy'],
): string {
  const own = checks.filter(({ id }) => !explainedBy.has(id));
  const waiting = checks.length - own.length;
  const count = (status: CheckStatus) =>
    own.filter(check => check.status === status).length;
  return [
    `${count('pass')} passed`,
    count('fail') && `${count('fail')} failed`,
    count('warn') && plural(count('warn'), 'warning'),
    count('note') && plural(count('note'), 'note'),
    count('unknown') && `${count('unknown')} could not be answered`,
    waiting && `${waiting} waiting`,
    count('skip') && `${count('skip')} skipped`,
  ]
    .filter(Boolean)
    .join(', ');
}

const fullStop = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** What was expected and what was seen, as far as the message does not say it. */
export function evidenceOf({
  message,
  expected,
  observed,
}: CheckResult): Array<[string, string]> {
  const rows: Array<[string, string | undefined]> = [
    ['Expected', expected],
    ['Observed', observed],
  ];
  return rows.filter(
    (row): row is [string, string] =>
      row[1] !== undefined && !message.includes(row[1]),
  );
}

/** Where a check is explained, if that is an address; the name of a file leads nowhere. */
export function docsOf({ docsUrl }: CheckResult): string | undefined {
  return /^https?:/.test(docsUrl) ? docsUrl : undefined;
}

/** How many checks follow from a finding. */
export function followersLine({ followers }: Finding): string | undefined {
  if (followers.length === 0) return undefined;
  return followers.length === 1
    ? '1 more check follows from this.'
    : `${followers.length} more checks follow from this.`;
}

/** `2026-01-31T09:30:05.123Z` → `2026-01-31 09:30:05 UTC`. */
const inWords = (iso: string) =>
  iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');

/** Levels of proof; absent where there is none. */
const PROOF_WORDS: Record<ProofLevel, string | undefined> = {
  application: 'running pods obtained the role themselves',
  credentials: 'a test pod obtained the role',
  admission: 'new pods receive the identity',
  none: undefined,
};

/** `payments-api-7d9f at 2026-01-31 10:42:00 UTC · boto3 1.35 · S3, STS` @public */
export function applicationInWords({
  pod,
  at,
  sdk,
  version,
  services,
}: ApplicationProof): string {
  return [
    `${pod.name} at ${inWords(at)}`,
    [sdk, version].filter(Boolean).join(' '),
    services.join(', '),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Subject and evidence of a run: names and values. */
export function factsOf(report: VerificationReport): Array<[string, string]> {
  const { cluster, namespace, serviceAccount } = report.ref;
  const { entityRef, expectedRoleArn, callerArn, effectiveAfterMs } = report;
  const rows: Array<[string, string | undefined]> = [
    ['Service account', `${cluster}/${namespace}/${serviceAccount}`],
    ['Component', entityRef],
    [
      'Role of the pod',
      callerArn && `${roleNameOf(callerArn)} (${callerArn.split(':')[4]})`,
    ],
    ['Expected role', callerArn ? undefined : expectedRoleArn],
    [
      'New pods received it after',
      effectiveAfterMs
        ? `${(effectiveAfterMs / 1000).toFixed(1)} s`
        : undefined,
    ],
    ['Proof', PROOF_WORDS[proofLevelOf(report.proof, report.application)]],
    [
      'Obtained by',
      report.application && applicationInWords(report.application),
    ],
    ['Finished', inWords(report.finishedAt)],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

/** What a report says, without what it says twice. */
export interface ReportParts {
  /** The verdict in one sentence. */
  lead: string;
  /** The rest of what the cause says. */
  rest: string;
  cause?: Finding;
  others: Finding[];
  notes: CheckResult[];
  counts: string;
  reused?: string;
  again?: string;
}

/** The parts that Markdown and terminal have in common, in their order. */
export function partsOf(
  report: VerificationReport,
  options: ReportFormOptions = {},
): ReportParts {
  const { cause, others, explainedBy } = diagnose(report);
  const [lead, rest = ''] = findingOf(report);
  const explained = new Set(
    [...(cause ? [cause] : []), ...others].map(({ check }) => check),
  );
  return {
    lead: fullStop(withWord(report.status, lead, notesIn(report))),
    rest,
    cause,
    others,
    notes: report.checks.filter(
      check => check.status === 'note' && !explained.has(check),
    ),
    counts: `${countsLine(report.checks, explainedBy)}.`,
    reused: report.reused
      ? 'Nothing has changed since this report was made, so no new pod was run.'
      : undefined,
    again:
      cause || others.length
        ? options.verifyAgain ?? 'Then verify again'
        : undefined,
  };
}
