import type {
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type {
  ClusterSetup,
  PortalFinding,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock, Clusters } from 'eks-pod-identity-engine';
import type { PortalFindings } from './PortalFindings';
import type { Setups } from './Setups';

/** The portal is still starting, and its first sweeps come first. */
const DELAY_MS = 20_000;
/** A look that is no older says it for this start too. */
const FRESH_MS = 3_600_000;

const WHERE =
  'An administrator finds what to apply on the page "AWS identities", "Clusters", "Setup"';

/** What a cluster lacks, in one line. */
function gapsIn({ cluster, answers }: ClusterSetup): string | undefined {
  const gaps = answers.filter(({ status }) => status === 'fail');
  if (gaps.length === 0) return undefined;
  return `The setup of cluster ${cluster} lacks ${gaps.length} of ${
    answers.length
  } things: ${gaps
    .map(({ role, message }) => `(${role}) ${message}`)
    .join(' ')} ${WHERE}`;
}

const isGap = ({ status }: PortalFinding) => status === 'fail';

interface Announcement {
  clock: Clock;
  clusters: Clusters;
  findings: Pick<PortalFindings, 'all'>;
  logger: LoggerService;
  setups: Pick<Setups, 'of' | 'look'>;
}

/** Has every process say in its log, soon after its start and once a day, what the setup lacks. */
export async function scheduleSetupCheck(
  options: Announcement & { scheduler: SchedulerService },
) {
  await options.scheduler.scheduleTask({
    id: 'setup-check',
    frequency: { hours: 24 },
    timeout: { minutes: 10 },
    initialDelay: { milliseconds: DELAY_MS },
    scope: 'local',
    fn: signal => announceSetup(options, signal),
  });
}

/** Logs what the portal and each cluster lack: a line for each with gaps, or one that says all is well. */
async function announceSetup(options: Announcement, signal: AbortSignal) {
  const { clock, clusters, findings, logger, setups } = options;
  const found: ClusterSetup[] = [];
  for (const cluster of clusters.list()) {
    signal.throwIfAborted();
    const stored = await setups.of(cluster);
    const isFresh =
      stored.lookedAt !== undefined &&
      clock.now() - Date.parse(stored.lookedAt) < FRESH_MS;
    found.push(
      isFresh
        ? stored
        : await setups.look(cluster, { lane: 'schedule', key: cluster.id }),
    );
  }
  const lacking = (await findings.all()).filter(isGap);
  const lines = [
    ...found.flatMap(one => gapsIn(one) ?? []),
    ...(lacking.length
      ? [
          `The portal's own setup: ${lacking
            .map(({ message }) => message)
            .join(' ')} ${WHERE}`,
        ]
      : []),
  ];
  for (const line of lines) logger.warn(line);
  if (lines.length === 0 && found.length > 0) {
    logger.info(
      `The setup of the portal and of ${found.length} ${
        found.length === 1 ? 'cluster' : 'clusters'
      } has no gaps`,
    );
  }
}
