import type {
  AccessProgram,
  EvidenceEvent,
  SdkInUse,
} from 'backstage-plugin-eks-pod-identity-common';
import { publicCluster } from '../clusters/publicCluster';
import { ageOf, isMeasured, programOf } from '../evidence/sdks';
import { foreign } from '../text/foreign';
import { known, type Lack, lacking } from '../verification/framework/fact';
import { type AccessRequest, entry } from './asking';
import type { AccessFacts, AskedFor, UseOfAccount } from './facts';

/** How far back calls by IRSA are read: sessions last an hour by default, so that every running pod asks within it. */
export const USED_WITHIN_MS = 3 * 3_600_000;
/** Pages of 50 events at most: at two a second, the pace of CloudTrail, a person waits for this minute. */
const MOST_PAGES = 120;
/** Sessions of IRSA last so long by default: a search of less may have missed a program that runs. */
const SESSION_MS = 3_600_000;

/** How long it counts with what a service account asked. */
const KEPT_MS = 90 * 86_400_000;

/** `payments/api` of `system:serviceaccount:payments:api`. */
const accountOf = (subject: string) => subject.split(':').slice(2).join('/');

/** The program of an event, as the table of SDKs knows it. */
function programIn(sdk: SdkInUse | undefined, lastAt: string): AccessProgram {
  const row = programOf(sdk?.name);
  if (!sdk || !row) return { age: 'unknown', lastAt };
  const { name, version } = sdk;
  const minimum = row.works ?? row.aws;
  const age = ageOf(row, version);
  // AWS's table counts where no measurement says otherwise.
  const isOfTable = age === 'unknown' && version && /^\d/.test(row.aws ?? '');
  const works = age === 'works' || isMeasured(row, version) || isOfTable;
  const otherwise = works ? 'works' : 'unknown';
  return {
    name,
    ...(version ? { version } : {}),
    age: age === 'too-old' ? age : otherwise,
    ...(minimum ? { minimum } : {}),
    lastAt,
  };
}

/** Adds one call by IRSA. AWS writes the program of a refused one, too; what else went wrong says nothing of the role. */
function addUse(
  of: Map<string, UseOfAccount>,
  { by, at, sdk, denied, error, roleArn = '' }: EvidenceEvent,
  issuer: string | undefined,
): void {
  if (by.kind !== 'irsa' || by.issuer !== issuer) return;
  const seen = entry<UseOfAccount>(of, accountOf(by.subject), () => ({
    programs: [],
    roles: new Map(),
  }));
  const later = (one: string | undefined) => (one && one > at ? one : at);
  const asked = entry<AskedFor>(seen.roles, roleArn, () => ({}));
  if (denied) asked.refusedAt = later(asked.refusedAt);
  else if (!error) asked.obtainedAt = later(asked.obtainedAt);
  const program = programIn(sdk, at);
  const before = seen.programs.find(
    one => one.name === program.name && one.version === program.version,
  );
  if (before) before.lastAt = later(before.lastAt);
  else seen.programs.push(program);
}

/** Why a search in CloudTrail found nothing. */
export const lackOfSearch = ({ name, message }: Error): Lack => ({
  kind: name === 'NotAllowedError' ? 'denied' : 'unreachable',
  sentence: foreign(message),
});

/**
 * Adds what earlier looks saw of service accounts that did not ask since. Of one that did ask, what it asked with before
 * may be a version that it does not run any more.
 *
 * @returns since when calls were read without a pause
 */
function remember(
  of: Map<string, UseOfAccount>,
  since: string,
  seen: AccessRequest['seen'],
  now: number,
): string {
  if (!seen) return since;
  const oldest = new Date(now - KEPT_MS).toISOString();
  for (const [account, programs] of seen.programs) {
    if (of.has(account)) continue;
    const last = Math.max(...programs.map(({ lastAt }) => Date.parse(lastAt)));
    // Those of one look, within which each program that runs asks
    const from = new Date(last - USED_WITHIN_MS).toISOString();
    const kept = programs.filter(
      ({ lastAt }) => lastAt >= oldest && lastAt >= from,
    );
    if (kept.length > 0) of.set(account, { programs: kept, roles: new Map() });
  }
  const before = seen.since > oldest ? seen.since : oldest;
  return seen.at >= since && before < since ? before : since;
}

/** Who of the cluster asked for a role by IRSA, and with which program. */
export async function collectUse(
  request: AccessRequest,
  issuer: string | undefined,
): Promise<AccessFacts['use']> {
  const { evidence, session, signal, clock } = request;
  if (!evidence) {
    return lacking({
      kind: 'not-in-probe',
      sentence: 'What CloudTrail recorded is not read here.',
    });
  }
  const until = new Date(clock.now());
  const from = new Date(clock.now() - USED_WITHIN_MS);
  const of = new Map<string, UseOfAccount>();
  let since = from.toISOString();
  let isCut = false;
  let pages = 0;
  try {
    for await (const page of evidence.read({
      cluster: publicCluster(session.cluster),
      question: { eventName: 'AssumeRoleWithWebIdentity' },
      from,
      until,
      signal,
    })) {
      page.forEach(event => addUse(of, event, issuer));
      pages += 1;
      if (pages < MOST_PAGES) continue;
      since = page.at(-1)?.at ?? since;
      isCut = Date.parse(since) > until.getTime() - SESSION_MS;
      break;
    }
  } catch (error) {
    signal.throwIfAborted();
    return lacking(lackOfSearch(error as Error));
  }
  since = remember(of, since, request.seen, until.getTime());
  return known({ of, since, isCut });
}
