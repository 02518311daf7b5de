import type {
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type {
  FactBundle,
  FactProviders,
  VerifyContext,
} from 'eks-pod-identity-engine';
import { located } from '../connect/located';
import { type Connection, withEngine } from '../connect/withEngine';
import { CliError, EXIT } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';
import { type Manifests, readManifests } from '../manifests/documents';
import { inRepository, placeOf } from '../manifests/placeOf';
import { onOneLine, type PlaceOf } from '../output/annotations/annotation';
import { exitCodeOf, renderReports } from '../output/reports';
import { linesOf, silent } from '../output/progress/lines';
import { LiveChecks } from '../output/progress/LiveChecks';
import { LiveList } from '../output/progress/LiveList';
import type { Progress } from '../output/progress/Progress';
import { type Associations, associationsOf } from './associations';
import { assertConsistent, type VerifyFlags } from './verifyFlags';
import { notYetGiven } from './notYetGiven';
import { subjectOrWorkload } from './subject';
import { Waiting } from './Waiting';

/** Between two verifications of `--wait`. */
const PAUSE_MS = 10_000;

/** Verifies one identity, or all of a cluster. */
export async function verify(
  subject: string | undefined,
  given: VerifyFlags,
  io: Io,
): Promise<number> {
  const all = Boolean(
    given.all || given.allNamespaces || (!subject && given.namespace),
  );
  assertConsistent(subject, given, all);
  const manifests = readManifests(given.manifests);
  // A runner of GitHub would look for commands in progress.
  const quiet = given.quiet || given.output === 'github';
  const flags = { ...located({ ...given, quiet }, io), all };
  const one =
    subject === undefined
      ? undefined
      : subjectOrWorkload(subject, flags, flags.namespace);
  let bundle: FactBundle | undefined;
  const sawFacts = (made: FactBundle) => {
    bundle = made;
  };
  const isLive =
    flags.output === 'text' &&
    !flags.quiet &&
    Boolean(io.stdout.isTTY && io.stderr.isTTY);
  const endWatch = io.watch?.(flags.timeout);
  const reports = await withEngine(flags, io, async connection => {
    if (one) {
      const account = await one(connection, io);
      const ref = { cluster: connection.cluster.id, ...account };
      const seen = { ...connection, sawFacts };
      return withProgress(progressOf([ref], { isLive, flags, io }), progress =>
        verifyOne(ref, {}, { ...seen, progress }, flags, io).then(made => [
          made,
        ]),
      );
    }
    const found = await inTime(flags.timeout, io, signal =>
      associationsOf(connection, flags, signal),
    );
    if (found.refs.length === 0 && (flags.selector || flags.owner)) {
      // A label that is mistyped must not look like good news.
      throw new CliError(
        `No association of ${flags.namespace ?? connection.cluster.id} is of ${
          flags.selector ? `service accounts with ${flags.selector}` : ''
        }${flags.selector && flags.owner ? ' and ' : ''}${
          flags.owner ? `components of ${flags.owner}` : ''
        }.`,
        EXIT.inconclusive,
      );
    }
    return withProgress(
      progressOf(found.refs, { isLive, flags, io }),
      progress => verifyMany(found, { ...connection, progress }, flags, io),
    );
  }).finally(endWatch);
  // An association that nothing uses is no finding where all of a cluster are asked for.
  const judging = { ...flags, beforeDeploy: flags.all || flags.beforeDeploy };
  const shown = {
    stream: io.stdout,
    placeOf: placesIn(manifests, io),
    notes: manifests.unread.map(onOneLine),
  };
  const { output: format } = flags;
  io.stdout.write(
    renderReports(reports, { ...shown, format, isLive }, judging),
  );
  if (!flags.quiet) shown.notes.forEach(note => io.stderr.write(`${note}\n`));
  const unwritten: string[] = [];
  const write = (file: string, text: string) => {
    try {
      io.writeFile(file, text);
    } catch (error) {
      unwritten.push((error as Error).message);
    }
  };
  if (bundle && flags.bundle) {
    write(flags.bundle, `${JSON.stringify(bundle, null, 2)}\n`);
  }
  for (const { format: another, file } of flags.report) {
    const plain = { ...shown, format: another, stream: { write() {} } };
    write(file, renderReports(reports, plain, judging));
  }
  const code = exitCodeOf(reports, judging);
  if (!unwritten.length) return code;
  throw new CliError(
    unwritten.join(' '),
    code === EXIT.failed ? EXIT.failed : EXIT.usage,
  );
}

/**
 * Each verification has its own deadline; what comes before them has this one, since lists need not end.
 *
 * @throws CliError where it takes longer
 */
async function inTime<T>(
  seconds: number,
  { signal }: Io,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = AbortSignal.timeout(seconds * 1_000);
  try {
    return await work(AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error;
    throw new CliError(
      `What there is to verify could not be listed within ${seconds} s, the time of --timeout.`,
      EXIT.unable,
    );
  }
}

/** Where the manifests say what a report finds, with paths as the repository has them. */
function placesIn({ documents }: Manifests, io: Io): PlaceOf {
  return report => {
    const place = placeOf(report, documents);
    return place && { ...place, file: inRepository(place.file, io.env) };
  };
}

function progressOf(
  refs: readonly ServiceAccountRef[],
  { isLive, flags, io }: { isLive: boolean; flags: VerifyFlags; io: Io },
): Progress {
  if (flags.quiet) return silent;
  const many = Boolean(flags.all);
  if (!isLive) return linesOf(io.stderr, many);
  return many ? new LiveList(io, refs) : new LiveChecks(io);
}

/** The work, after which the terminal is as it was. */
async function withProgress<T>(
  progress: Progress,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}

/** The cluster, and where what is seen of it goes. */
type Looking = Connection &
  Pick<VerifyContext, 'sawFacts'> & { progress: Progress };

async function verifyMany(
  { refs, known }: Associations,
  looking: Looking,
  flags: VerifyFlags,
  io: Io,
): Promise<VerificationReport[]> {
  const reports: VerificationReport[] = [];
  let next = 0;
  const worker = async () => {
    while (next < refs.length) {
      const at = next;
      next += 1;
      reports[at] = await verifyOne(refs[at], known, looking, flags, io);
    }
  };
  await Promise.all(Array.from({ length: flags.concurrency }, worker));
  return reports;
}

/** One verification, made again until it is good, waiting cures nothing, or the time of `--wait` is over. */
async function verifyOne(
  ref: ServiceAccountRef,
  known: FactProviders,
  looking: Looking,
  flags: VerifyFlags,
  io: Io,
): Promise<VerificationReport> {
  const { clock, signal } = looking.context();
  const end = clock.now() + (flags.wait ?? 0);
  const sleep =
    io.sleep ?? (ms => libraries.engine.systemClock.sleep(ms, signal));
  const waiting = new Waiting(flags.probe, clock);
  let left = flags.wait ?? 0;
  for (let facts = known; ; facts = {}) {
    const look = looking.progress.look(ref);
    const seen = await looking.engine.verification.verify(
      {
        ref,
        trigger: 'user',
        probe: waiting.probe,
        expectedRoleArn: flags.expectRole,
        permissionChecks: [],
        perNodeGroup: flags.perNodeGroup,
        timeoutSeconds: flags.timeout,
      },
      {
        ...looking.context(async event => {
          const { type, data } = event;
          if (type === 'log') look.log(data.message, data.level);
          if (type === 'check') look.check(data);
        }),
        sawChecks: look.checks,
        sawFacts: looking.sawFacts,
        sawAssociation: association => waiting.sawAssociation(association),
      },
      facts,
    );
    const report = notYetGiven(waiting.add(seen));
    left = Math.min(left - PAUSE_MS, end - clock.now() - PAUSE_MS);
    const isGood = exitCodeOf([report], flags) === 0;
    const isLast = isGood || left < 0 || !waiting.mayHelp(report);
    look.done(report, isLast ? undefined : PAUSE_MS / 1000);
    if (isLast) return report;
    await sleep(PAUSE_MS);
  }
}
