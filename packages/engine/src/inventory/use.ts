import type {
  AccessProgram,
  AccessSearch,
  EvidenceEvent,
  PodIdentityEvidenceSource,
  SdkInUse,
} from 'backstage-plugin-eks-pod-identity-common';
import { regionOfGlobalSts } from '../aws/partition';
import { publicCluster } from '../clusters/publicCluster';
import type { ClusterConfig } from '../clusters/types';
import { ageOf, isMeasured, programOf } from '../evidence/sdks';
import { search, type Searched } from '../evidence/search';
import { foreign } from '../text/foreign';
import { minuteOf } from '../text/minuteOf';
import { known, type Lack, lacking } from '../verification/framework/fact';
import { type AccessRequest, type AccessSeen, entry } from './asking';
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

type Session = Required<Pick<AccessProgram, 'sessionSeconds' | 'sessionAt'>>;

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
  {
    by,
    at,
    sdk,
    denied,
    error,
    roleArn = '',
    sessionSeconds = 0,
  }: EvidenceEvent,
  issuer: string | undefined,
): void {
  if (by.kind !== 'irsa' || by.issuer !== issuer) return;
  const seen = entry<UseOfAccount>(of, accountOf(by.subject), () => ({
    programs: [],
    roles: new Map(),
    together: 0,
  }));
  const later = (one: string | undefined) => (one && one > at ? one : at);
  const ofRole = entry<AskedFor>(seen.roles, roleArn, () => ({}));
  if (denied) ofRole.refusedAt = later(ofRole.refusedAt);
  else if (!error) ofRole.obtainedAt = later(ofRole.obtainedAt);
  const program = programIn(sdk, at);
  const before = seen.programs.find(
    one => one.name === program.name && one.version === program.version,
  );
  if (before) before.lastAt = later(before.lastAt);
  else seen.programs.push(program);
  if (!denied && !error && sessionSeconds > 0) {
    addSession(before ?? program, { sessionSeconds, sessionAt: at });
  }
}

/** The longest session counts, and of several the last that was asked for. */
function addSession(to: AccessProgram, session: Session): void {
  const { sessionSeconds: longest = 0, sessionAt = '' } = to;
  const { sessionSeconds, sessionAt: at } = session;
  if (
    sessionSeconds > longest ||
    (sessionSeconds === longest && at > sessionAt)
  ) {
    Object.assign(to, { sessionSeconds, sessionAt: at });
  }
}

/** It does not say whose it is: every other call names a role. */
const isOfUnknown = ({ by, roleArn }: EvidenceEvent) =>
  by.kind === 'other' && roleArn === undefined;

/** Why a search in CloudTrail found nothing. */
export const lackOfSearch = ({ name, message }: Error): Lack => ({
  kind: name === 'NotAllowedError' ? 'denied' : 'unreachable',
  sentence: foreign(message),
});

const asked = ({ lastAt }: AccessProgram) => Date.parse(lastAt);

/** Those that asked within one look of the last one, in which each program that runs asks. */
function together(programs: readonly AccessProgram[]): AccessProgram[] {
  const last = Math.max(...programs.map(asked));
  return programs.filter(one => asked(one) >= last - USED_WITHIN_MS);
}

/** The long session of a program, until it has ended and a later look would have seen the next one. */
function lasting(
  { sessionSeconds = 0, sessionAt }: AccessProgram,
  now: number,
): Session | undefined {
  const ms = sessionSeconds * 1_000;
  return sessionAt !== undefined &&
    ms > USED_WITHIN_MS &&
    Date.parse(sessionAt) + ms + USED_WITHIN_MS > now
    ? { sessionSeconds, sessionAt }
    : undefined;
}

/**
 * Adds what earlier looks saw of programs. Another version of the same program takes the place of a former one, unless that
 * may still live by a long session.
 */
function remember(
  of: Map<string, UseOfAccount>,
  { programs: seen }: AccessSeen,
  now: number,
): void {
  const oldest = now - KEPT_MS;
  for (const [account, programs] of seen) {
    const use = entry<UseOfAccount>(of, account, () => ({
      programs: [],
      roles: new Map(),
      together: 0,
    }));
    const names = new Set(use.programs.map(({ name }) => name));
    for (const one of programs.filter(({ name }) => names.has(name))) {
      const session = lasting(one, now);
      if (!session) continue;
      const again = use.programs.find(
        ({ name, version }) => name === one.name && version === one.version,
      );
      if (again) addSession(again, session);
      else use.programs.push(one);
    }
    const former = programs.filter(
      one => asked(one) >= oldest && !names.has(one.name),
    );
    for (const name of new Set(former.map(one => one.name))) {
      use.programs.push(...together(former.filter(one => one.name === name)));
    }
    if (use.programs.length === 0) of.delete(account);
  }
}

/** What was read of one region. */
interface OfRegion {
  region: string;
  /** Undefined where it could not be searched. */
  events?: EvidenceEvent[];
  /** All looks together; undefined where none has read it. */
  searched?: AccessSearch;
  /** Why a program that runs may have asked there unseen. */
  lack?: Lack;
}

/** The region of the cluster, and the one that has what the global endpoint of STS was asked. */
const regionsOf = ({ region, partition }: ClusterConfig): string[] => [
  ...new Set([region, regionOfGlobalSts(partition) ?? region]),
];

/** Since when a region was read without a pause. */
function continued(
  { from, until }: { from: string; until: Date },
  before: AccessSearch | undefined,
): string {
  if (!before || before.until < from || before.since >= from) return from;
  const oldest = new Date(until.getTime() - KEPT_MS).toISOString();
  return before.since > oldest ? before.since : oldest;
}

async function readRegion(
  region: string,
  evidence: PodIdentityEvidenceSource,
  { session, seen, signal, clock }: AccessRequest,
): Promise<OfRegion> {
  const until = new Date(clock.now());
  const before = seen?.searched.find(one => one.region === region);
  let found: Searched;
  try {
    found = await search(
      evidence,
      {
        cluster: publicCluster(session.cluster),
        region,
        question: { eventName: 'AssumeRoleWithWebIdentity' },
        from: new Date(until.getTime() - USED_WITHIN_MS),
        until,
        signal,
      },
      MOST_PAGES,
    );
  } catch (error) {
    signal.throwIfAborted();
    return { region, searched: before, lack: lackOfSearch(error as Error) };
  }
  const { events, from } = found;
  const isShort = Date.parse(from) > until.getTime() - SESSION_MS;
  const since = isShort ? from : continued({ from, until }, before);
  return {
    region,
    events,
    searched: { region, since, until: until.toISOString() },
    ...(isShort
      ? {
          lack: {
            kind: 'unreachable',
            sentence: `CloudTrail in ${region} has more calls by IRSA than one look reads: only what it has since ${minuteOf(
              from,
            )} was read.`,
          },
        }
      : {}),
  };
}

/** What earlier looks saw, where CloudTrail is not searched again; it says until when that was. */
function useSeen({
  clock,
  seen,
  session,
}: AccessRequest): AccessFacts['use'] | undefined {
  const [own, ...others] = regionsOf(session.cluster).map(region => ({
    region,
    searched: seen?.searched.find(one => one.region === region),
  }));
  if (!seen || !own.searched) return undefined;
  const of = new Map<string, UseOfAccount>();
  remember(of, seen, clock.now());
  for (const use of of.values()) use.together = together(use.programs).length;
  const searched = [own, ...others].flatMap(one => one.searched ?? []);
  const missing = others.find(one => !one.searched);
  return known({
    of,
    since: searched
      .map(({ since }) => since)
      .sort()
      .at(-1)!,
    isCut: false,
    ofUnknown: 0,
    regions: searched.map(({ region }) => region),
    ...(missing
      ? {
          unsearched: {
            region: missing.region,
            lack: {
              kind: 'unreachable' as const,
              sentence: `CloudTrail in ${missing.region} was not read.`,
            },
          },
        }
      : {}),
    searched,
  });
}

/** Who of the cluster asked for a role by IRSA, and with which program. */
export async function collectUse(
  request: AccessRequest,
  issuer: string | undefined,
): Promise<AccessFacts['use']> {
  const { evidence, seen, session, clock } = request;
  if (!evidence) {
    return (
      useSeen(request) ??
      lacking({
        kind: 'not-in-probe',
        sentence: 'What CloudTrail recorded is not read here.',
      })
    );
  }
  const [own, global] = await Promise.all(
    regionsOf(session.cluster).map(region =>
      readRegion(region, evidence, request),
    ),
  );
  if (!own.events) return lacking(own.lack!);
  const of = new Map<string, UseOfAccount>();
  const events = [...own.events, ...(global?.events ?? [])];
  for (const event of events) addUse(of, event, issuer);
  if (seen) remember(of, seen, clock.now());
  for (const use of of.values()) use.together = together(use.programs).length;
  const searched = [own, global].flatMap(one => one?.searched ?? []);
  const whole = searched.slice(0, global?.lack ? 1 : 2);
  return known({
    of,
    since: whole
      .map(({ since }) => since)
      .sort()
      .at(-1)!,
    isCut: own.lack !== undefined,
    ofUnknown: events.filter(isOfUnknown).length,
    regions: whole.map(({ region }) => region),
    ...(global?.lack
      ? { unsearched: { region: global.region, lack: global.lack } }
      : {}),
    searched,
  });
}
