import type { Sandbox } from '../sandbox';
import {
  both,
  keys,
  neverReady,
  optedOut,
  sidecarWithKeys,
  VERDICT_ACCOUNT,
  VerdictPlace,
  withoutImage,
} from './verdictPlace';

export { hidePods, VERDICT_ACCOUNT } from './verdictPlace';

const WAYS = ['proven', 'looks-right', 'broken', 'unknown'] as const;
type Way = (typeof WAYS)[number];

/** One cell of the table way × application, shown by a component in a namespace of its own. */
export interface Verdict {
  /** Also of its namespace and its role. */
  name: string;
  way: Way;
  /** What its pods have. */
  application: string;
  /** The id of its status. */
  status: string;
  /** The least run that comes to that way. */
  probe: 'pod' | 'none';
  /** It shows its cell after `hidePods`, which is for the whole cluster: so after all others. */
  hidden?: true;
  /** A run before that has proven the way, so that only what remembers it comes to this cell. */
  provenBefore?: true;
  make(sandbox: Sandbox): Promise<void>;
}

type SetUp = (place: VerdictPlace) => Promise<void>;

/** The columns of the table, each with its statuses in the order of `WAYS`. */
const COLUMNS: Record<string, { setUp: SetUp; cells: string[] }> = {
  'all have it': {
    setUp: place => place.deploy(undefined, { replicas: 2 }),
    cells: ['verified', 'looks-right', 'broken', 'could-not-check'],
  },
  'no pods, the template is right': {
    setUp: place => place.deploy(undefined, { replicas: 0 }),
    cells: ['verified', 'looks-right', 'broken', 'could-not-check'],
  },
  'one of two Deployments lacks it': {
    async setUp(place) {
      await place.deploy();
      await place.deploy(optedOut, { name: 'worker' });
    },
    cells: ['partly-works', 'partly-works', 'broken', 'partly-works'],
  },
  'none has it': {
    setUp: place => place.deploy(optedOut),
    cells: ['no-pod-has-it', 'no-pod-has-it', 'broken', 'no-pod-has-it'],
  },
  'another identity wins': {
    setUp: place => place.deploy(keys),
    cells: ['other-identity', 'other-identity', 'broken', 'other-identity'],
  },
};

/** An identity whose way is of that row, and its application. */
async function make(
  sandbox: Sandbox,
  { name, way }: Pick<Verdict, 'name' | 'way'>,
  setUp: SetUp,
) {
  const place = new VerdictPlace(sandbox, name);
  await place.begin();
  place.associate({ broken: way === 'broken' });
  await setUp(place);
  if (way === 'unknown') await place.fill();
}

const slug = (text: string) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-');

const probeOf = (way: Way): Verdict['probe'] =>
  way === 'proven' || way === 'unknown' ? 'pod' : 'none';

function verdict(
  way: Way,
  application: string,
  status: string,
  setUp: SetUp,
): Verdict {
  const name = slug(`${way}-${application}`);
  return {
    name,
    way,
    application,
    status,
    probe: probeOf(way),
    make: sandbox => make(sandbox, { name, way }, setUp),
  };
}

const GRID = Object.entries(COLUMNS).flatMap(
  ([application, { setUp, cells }]) =>
    WAYS.map((way, row) => verdict(way, application, cells[row], setUp)),
);

const UNSEEN: Verdict[] = WAYS.map(way => ({
  ...verdict(
    way,
    'cannot be looked at',
    way === 'broken' ? 'broken' : 'could-not-check',
    place => place.deploy(),
  ),
  hidden: true,
  ...(way === 'proven' ? { provenBefore: true } : {}),
}));

/** A Deployment whose pods are older than the association. */
const older: SetUp = async place => {
  await place.deploy();
  place.associate({ now: true });
};

/** Without the association that comes before the application otherwise. */
const unassociated = (one: Verdict, setUp: SetUp): Verdict => ({
  ...one,
  async make(sandbox) {
    const place = new VerdictPlace(sandbox, one.name);
    await place.begin();
    await setUp(place);
  },
});

const nothing: SetUp = async () => {};
const SLOW = { ready: false };

/** Further answers for the cells of the table. */
const FURTHER: Verdict[] = [
  unassociated(
    verdict('proven', 'all are older', 'restart-needed', nothing),
    older,
  ),
  unassociated(
    verdict('looks-right', 'one of two is older', 'restart-needed', nothing),
    async place => {
      await older(place);
      await place.deploy(undefined, { name: 'worker' });
    },
  ),
  verdict('proven', 'a sidecar has keys', 'partly-works', place =>
    place.deploy(sidecarWithKeys),
  ),
  verdict(
    'looks-right',
    'no pods, the template opts out',
    'no-pod-has-it',
    place => place.deploy(optedOut, { replicas: 0 }),
  ),
  verdict('looks-right', 'a CronJob between runs', 'looks-right', place =>
    place.schedule(),
  ),
  verdict(
    'looks-right',
    'a CronJob between runs, with keys',
    'other-identity',
    place => place.schedule(keys),
  ),
  verdict(
    'looks-right',
    'the image cannot be pulled',
    'pods-not-started',
    async place => {
      await place.deploy(withoutImage, SLOW);
      await place.untilNewPod();
    },
  ),
  verdict(
    'looks-right',
    'a quota refuses its pods',
    'pods-not-started',
    async place => {
      await place.fill();
      await place.deploy(undefined, SLOW);
      await place.untilStuck('FailedCreate');
    },
  ),
  verdict('proven', 'a roll-out is under way', 'rolling-out', async place => {
    await place.deploy();
    await place.change(neverReady, SLOW);
    await place.untilNewPod(1);
  }),
  verdict(
    'looks-right',
    'a roll-out to keys is under way',
    'partly-works',
    async place => {
      await place.deploy();
      await place.change(both(neverReady, keys), SLOW);
      await place.untilNewPod(1);
    },
  ),
  verdict('looks-right', 'no workload', 'no-workload', nothing),
  verdict('unknown', 'no workload', 'could-not-check', nothing),
  unassociated(
    verdict('broken', 'no association, no pods', 'no-identity', nothing),
    nothing,
  ),
  unassociated(
    verdict('broken', 'no association, but pods', 'broken', nothing),
    place => place.deploy(),
  ),
  unassociated(
    verdict('broken', 'no association, pods on IRSA', 'uses-irsa', nothing),
    async place => {
      await place.annotate();
      await place.deploy();
    },
  ),
];

/** The table way × application, a component for each cell and more where several answers share one. */
export const VERDICTS: readonly Verdict[] = [...GRID, ...FURTHER, ...UNSEEN];

/** What a pipeline does, and the exit code of `verify` after it. */
export interface DeployStep {
  /** Also of its namespace. */
  name: string;
  does: string;
  exitCode: number;
  make(sandbox: Sandbox): Promise<void>;
}

const PROGRESS_S = 1;

function step(does: string, exitCode: number, setUp: SetUp): DeployStep {
  const name = slug(`deploy-${does}`);
  return {
    name,
    does,
    exitCode,
    make: sandbox => make(sandbox, { name, way: 'looks-right' }, setUp),
  };
}

/** The roll-out that Kubernetes gives up after a second. */
async function stuck(place: VerdictPlace, change: typeof keys) {
  await place.deploy();
  await place.change(change, {
    ready: false,
    more: { progressDeadlineSeconds: PROGRESS_S },
  });
  await place.untilStuck('ProgressDeadlineExceeded');
}

/** A Deployment that a pipeline changes, in each of the ways that it may go on. */
export const PIPELINE: readonly DeployStep[] = [
  step('the right template', 0, async place => {
    await place.deploy(optedOut);
    await place.change(({ metadata }) => {
      metadata.labels = { 'app.kubernetes.io/name': VERDICT_ACCOUNT };
    });
  }),
  step('a template with keys', 1, async place => {
    await place.deploy();
    await place.change(keys);
  }),
  step('a template that opts out', 1, async place => {
    await place.deploy();
    await place.change(optedOut);
  }),
  step('the right template, still moving', 3, async place => {
    await place.deploy();
    await place.change(neverReady, SLOW);
    await place.untilNewPod(1);
  }),
  step('a template with keys, still moving', 1, async place => {
    await place.deploy();
    await place.change(both(neverReady, keys), SLOW);
    await place.untilNewPod(1);
  }),
  step('an image that is not there, stuck', 0, place =>
    stuck(place, withoutImage),
  ),
  step('the right template, stuck', 0, place => stuck(place, neverReady)),
  step('a template with keys, stuck', 1, place =>
    stuck(place, both(neverReady, keys)),
  ),
  step('a canary that is right', 0, async place => {
    await place.deploy();
    await place.deploy(undefined, { name: 'canary' });
  }),
  step('a canary with keys', 1, async place => {
    await place.deploy();
    await place.deploy(keys, { name: 'canary' });
  }),
  step('a CronJob between runs', 0, place => place.schedule()),
  step('a CronJob between runs, with keys', 1, place => place.schedule(keys)),
  step('scaled to 0', 0, async place => {
    await place.deploy();
    await place.change(() => {}, { more: { replicas: 0 } });
  }),
  step('scaled to 0, with keys', 1, async place => {
    await place.deploy(keys);
    await place.change(() => {}, { more: { replicas: 0 } });
  }),
];

/** So many at once: all share one thread with the sandbox, and a connection to it waits for 5 s. */
const AT_ONCE = 4;

/** Answers for each in order, a few of them at once. */
export async function fewAtOnce<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next;
      next += 1;
      answers[at] = await work(items[at]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return answers;
}

/** Prints a table in Markdown, for people who read the output of the tests. */
export const printTable = (head: string[], rows: string[][]) =>
  process.stdout.write(
    `\n${[head, head.map(() => '---'), ...rows]
      .map(row => `| ${row.join(' | ')} |`)
      .join('\n')}\n\n`,
  );
