import {
  type CheckResult,
  firstBrokenHop,
  type IdentityStatus,
  isOfWorkloads,
  outcome,
  PROOF_MAX_AGE_MS,
  SPREAD_MS,
  type VerificationReport,
  verdictOf,
  type Way,
  type WorkloadsFound,
} from 'backstage-plugin-eks-pod-identity-common';
import { CHANGED, type Memory, UNSEEN } from '../store/ServiceAccountStore';
import { differences } from './differences';
import { needsRun, provesIdentity, waySeen, withFindings } from './findings';
import { replacedInWords } from './outdated';

const DAY_MS = 24 * 3_600_000;

/** Headline of a ref, made from its last proof and its last look. */
export interface Headline {
  status: IdentityStatus;
  /** The sentence, without the word for the status. */
  headline: string;
  /** Id of the check whose finding the sentence tells; undefined where it tells of none. */
  cause?: string;
  changedSince?: 'proof' | 'failure';
  provenAt?: number;
  lookedAt?: number;
}

/** What is known of a ref. */
export interface Known {
  /** The last run with a pod that showed whether it works. */
  proof?: VerificationReport;
  /** The last run of any kind. */
  look?: VerificationReport;
  /** Warnings and failures that stand after both: `findingsAfter`. */
  findings?: readonly CheckResult[];
  /** What the newest run that saw the pods found of them; undefined where none looked at them. */
  workloads?: WorkloadsFound;
  /** The identity as last seen. */
  fingerprint?: string;
  /** The operation that has changed the identity, which was not looked at since. */
  changedBy?: string;
  /** The last look could not answer, which counts by now. */
  unseen?: boolean;
  /** What gives the identity now, and gave it otherwise for the last proof. */
  replaced?: Memory['replaced'];
  /** Epoch milliseconds; without it no proof fades by its age. */
  now?: number;
  /** Age from which a proof no longer counts; default: 30 days. */
  proofMaxAgeMs?: number;
}

interface Judged {
  way: Way;
  changedSince?: Headline['changedSince'];
  /** What it says where the way decides. */
  sentence?: string;
}

/** The report that saw most of it, if this were all that it found. */
function reportFor(
  status: IdentityStatus,
  known: Known,
  way: Way,
): VerificationReport {
  const { look, proof, workloads, findings = [] } = known;
  const says = (report: VerificationReport | undefined) =>
    report?.status === status;
  const report = [look, proof].find(says) ?? look ?? proof!;
  return {
    ...withFindings(report, findings),
    status,
    way,
    workloads,
    proof: (proof ?? report).proof,
  };
}

/** Nothing is wrong with these that a finding could tell. */
const WITHOUT_CAUSE: readonly IdentityStatus[] = [
  'verified',
  'looks-right',
  'no-workload',
  'rolling-out',
];

const causeIn = (report: VerificationReport): string | undefined =>
  WITHOUT_CAUSE.includes(report.status)
    ? undefined
    : firstBrokenHop(report)?.id;

/** Whether a pod that starts now gets the identity, as far as proof, looks and findings tell. */
function wayTo(known: Known, standing: readonly CheckResult[]): Judged {
  const { proof, look, fingerprint, unseen } = known;
  const broken = standing.some(
    one => one.status === 'fail' && !isOfWorkloads(one),
  );
  if (!proof) {
    if (broken) return { way: 'broken' };
    const way = (look && waySeen(look)) ?? 'unknown';
    if (way === 'proven') return untilFaded(known);
    return { way: way === 'broken' ? 'looks-right' : way };
  }
  const proven = provesIdentity(proof);
  const changed = isChanged(known);
  if (!proven && !changed) {
    // It stays until a pod run passes; a later look can only add to it.
    return {
      way: 'broken',
      sentence: look?.status === 'broken' ? undefined : outcome(proof),
    };
  }
  if (broken) return { way: 'broken' };
  const tried =
    look?.id !== proof.id && look?.probe === 'pod' ? look : undefined;
  if (changed) {
    const changedSince = proven ? 'proof' : 'failure';
    // Nothing is known of what it is now but that last try.
    if (tried?.fingerprint && tried.fingerprint === fingerprint) {
      const { way = 'unknown' } = tried;
      return {
        way,
        changedSince: way === 'unknown' ? changedSince : undefined,
        sentence: outcome(tried),
      };
    }
    return {
      way: 'looks-right',
      changedSince,
      sentence: changeInWords(known, proven),
    };
  }
  if (proof.way === 'broken') {
    // What made it worse is gone, but only a pod may say "verified".
    return {
      way: 'looks-right',
      sentence:
        'What the last test found wrong is fixed. Verify again to see it proven.',
    };
  }
  if (look && look.way === 'unknown' && unseen) {
    return { way: 'unknown', sentence: outcome(look) };
  }
  return untilFaded(known, outcome({ ...proof, status: 'verified' }));
}

/** What was proven, by whichever pod, until it no longer counts. */
function untilFaded(known: Known, sentence?: string): Judged {
  const { now = 0, proofMaxAgeMs = PROOF_MAX_AGE_MS, replaced } = known;
  const provenAt = lastProvenAt(known) ?? now;
  const other = replacedInWords(replaced, provenAt);
  const age = now - provenAt;
  if (!other && age < proofMaxAgeMs) return { way: 'proven', sentence };
  const days = Math.floor(age / DAY_MS);
  const count = days === 1 ? '1 day' : `${days} days`;
  const day = new Date(provenAt).toISOString().slice(0, 10);
  const how = other
    ? `last proven on ${day}, with another ${other}`
    : `proven ${count} ago`;
  return {
    way: 'looks-right',
    sentence: `It was ${how}. Verify it again to renew the proof.`,
  };
}

/** What differs from the proof, as far as the last look read it: the first difference, and how many more there are. */
function changeInWords(
  { proof, look, fingerprint }: Known,
  proven: boolean,
): string {
  const isOfNow =
    look?.fingerprint !== undefined && look.fingerprint === fingerprint;
  const [first, ...more] = differences(
    proof?.parts,
    isOfNow ? look.parts : undefined,
  );
  if (!first) {
    return proven
      ? 'Something changed since this identity was tested. Verify it again.'
      : 'Something changed since this identity failed. Verify it again to see whether it works now.';
  }
  const count =
    more.length === 0
      ? ''
      : ` ${more.length} more ${
          more.length === 1 ? 'thing' : 'things'
        } changed.`;
  return proven
    ? `${first}${count} Not tested since. Verify it again.`
    : `${first}${count} It failed before. Verify it again to see whether it works now.`;
}

/** When a pod last obtained the role: ours, or one of the application, which renews a proof by its use. */
function lastProvenAt({ proof, look }: Known): number | undefined {
  const times = [
    proof && provesIdentity(proof) ? proof.finishedAt : undefined,
    look?.way === 'proven' ? look.application?.at : undefined,
  ].flatMap(at => (at ? [Date.parse(at)] : []));
  return times.length > 0 ? Math.max(...times) : undefined;
}

function isChanged({ proof, fingerprint, changedBy }: Known): boolean {
  return (
    proof?.fingerprint !== undefined &&
    (changedBy !== undefined ||
      (fingerprint !== undefined && fingerprint !== proof.fingerprint))
  );
}

/** The last look was refused by what AWS may still be spreading, and nothing else is wrong. */
function mayPass({ look, now }: Known, standing: readonly CheckResult[]) {
  if (look?.status !== 'setting-up' || now === undefined) return false;
  const failing = look.checks.filter(({ status }) => status === 'fail');
  return (
    now - Date.parse(look.finishedAt) < SPREAD_MS &&
    standing.every(
      one =>
        one.status !== 'fail' ||
        isOfWorkloads(one) ||
        failing.some(({ id }) => id === one.id),
    )
  );
}

/**
 * The status of a ref: the verdict over the way to the identity and over the pods of the application. While the
 * fingerprint is the proof's, the proof stands, made worse by later findings, and by a later run that got no answer. A
 * failed pod run stays until a pod run passes, or until what failed changed. A finding stands until a later run has seen
 * it pass.
 */
export function statusOf(known: Known): Headline {
  const { proof, look, findings = [], workloads } = known;
  const lookedAt = look && Date.parse(look.finishedAt);
  if (!look && !proof) {
    const headline = known.changedBy ? CHANGED : UNSEEN;
    return { status: 'could-not-check', headline, lookedAt };
  }
  // What a pod found was about another identity.
  const standing = isChanged(known)
    ? findings.filter(one => !needsRun(one))
    : findings;
  const { way, changedSince, sentence } = wayTo(known, standing);
  const status =
    way === 'broken' && mayPass(known, standing)
      ? 'setting-up'
      : verdictOf(way, workloads);
  const saysWay = status === verdictOf(way, undefined);
  const report = reportFor(status, { ...known, findings: standing }, way);
  return {
    status,
    headline: saysWay && sentence ? sentence : outcome(report),
    cause: causeIn(report),
    ...(changedSince ? { changedSince } : {}),
    provenAt: lastProvenAt(known),
    lookedAt,
  };
}
