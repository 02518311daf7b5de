import { parseArgs } from 'node:util';
import { headline } from 'backstage-plugin-eks-pod-identity-common';
import { LifecycleWorld } from '../../../engine/src/lifecycle/__testUtils__/LifecycleWorld';
import { SCENARIOS, isOfApplication, scenariosByRow } from 'eks-sandbox';
import { figure } from '../../../../scripts/lib/output.mjs';
import { EXPECTED } from './expected';
import { portalOf } from './portal';
import { tryHealthy } from './falseAlarms';
import { tryAttempts } from './attempts';
import { tryPairs } from './pairs';
import { Shell, shellOf } from './shell';
import { RATE, Trial, tryScenario } from './trial';

const HELP = `yarn diagnose [NAME…] [--rows] [--pairs] [--healthy] [--attempts] [--verbose]
yarn diagnose:all [--verbose]

Tries the diagnosis on a sandbox of its own. Fails where something is not as expected.

  --rows      breaks a healthy identity by each scenario, verifies it with a pod, does what the report says – its
              command is run by bash with the real aws and kubectl – and verifies it again. Prints the cause at the head,
              its sentence, each fix, and where it ended, which has to be "verified". The default
  --pairs     two scenarios at once: the report has to tell of both
  --healthy   unusual set-ups that work: no check may fail or warn, with a pod and without
  --attempts  broken workloads beside which a probe works: none may be called verified, or the report says what
              cannot be seen
  --verbose   prints each report, and every command
  NAME        only what has it in its name, or shows that row: trust, 13, E5`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h' },
    all: { type: 'boolean' },
    rows: { type: 'boolean' },
    pairs: { type: 'boolean' },
    healthy: { type: 'boolean' },
    attempts: { type: 'boolean' },
    verbose: { type: 'boolean' },
  },
});

const isWanted = (name: string, rows: readonly string[] = []) =>
  positionals.length === 0 ||
  positionals.some(part => name.includes(part) || rows.includes(part));

/** Why a scenario is not tried, or ends elsewhere. */
async function tryOne(
  world: LifecycleWorld,
  shell: Shell,
  name: string,
): Promise<Trial> {
  const expected = EXPECTED[name];
  if (!expected) {
    return { name, rounds: [], problems: ['nothing is expected of it yet'] };
  }
  try {
    return await tryScenario(world, shell, name, expected);
  } catch (error) {
    const { stack } = error as Error;
    return { name, rounds: [], problems: [stack ?? String(error)] };
  }
}

const indented = (text: string) => text.replace(/^/gm, '    ');

function print(
  { name, rounds, problems, said, done }: Trial,
  rows: readonly string[],
) {
  const [first] = rounds;
  const last = rounds[rounds.length - 1];
  const why = EXPECTED[name]?.why;
  console.log(
    [
      `${problems.length ? '✗' : '✓'} ${rows.join(', ')} ${name}`,
      ...(first
        ? [`  ${first.cause?.id ?? 'no cause'}: ${headline(first.report)}`]
        : []),
      ...rounds.flatMap(round =>
        round.done
          ? [
              values.verbose
                ? indented(round.done)
                : `  fix: ${round.done.split('\n')[0]}`,
            ]
          : [],
      ),
      ...(said
        ? [`  says: ${values.verbose ? said : said.split('\n')[0]}`]
        : []),
      ...(done ? [`  fix: ${done}`] : []),
      ...(why ? [`  not a command: ${why}`] : []),
      ...(last ? [`  ends: ${last.report.status}`] : []),
      ...problems.map(problem => `  PROBLEM: ${problem}`),
    ].join('\n'),
  );
  if (!values.verbose) return;
  for (const { report, cause } of rounds) {
    console.log(
      indented(
        [
          `${report.status}, cause ${cause?.id}: ${cause?.message}`,
          `because: ${cause?.fix?.cause}`,
          ...(cause?.fix?.actions ?? []),
          `${cause?.fix?.snippet?.language}: ${cause?.fix?.snippet?.text}`,
          ...report.checks
            .filter(check =>
              ['fail', 'warn', 'unknown', 'note'].includes(check.status),
            )
            .map(check => `also ${check.status} ${check.id}: ${check.message}`),
        ].join('\n'),
      ),
    );
  }
}

/** Every scenario; at the end, of each known failure how many of its scenarios are right. */
async function tryRows(world: LifecycleWorld) {
  const shell = await shellOf(world.sandbox);
  const bad = new Set<string>();
  let tried = 0;
  for (const [name, { rows }] of SCENARIOS) {
    // No pod of ours shows what a program did.
    const probed = rows.length > 0 && !isOfApplication(name);
    if (probed && isWanted(name, rows)) {
      const trial = await tryOne(world, shell, name);
      tried += 1;
      if (trial.problems.length > 0) bad.add(name);
      print(trial, rows);
    }
  }
  if (positionals.length === 0) {
    for (const { row, title, notShown, scenarios } of scenariosByRow()) {
      const probed = scenarios.filter(name => !isOfApplication(name));
      const good = probed.filter(name => !bad.has(name)).length;
      const counted = probed.length
        ? `${good} of ${probed.length}`
        : `told by the program itself: ${scenarios.join(', ')}`;
      console.log(`${row.padStart(3)}  ${title}: ${notShown ?? counted}`);
    }
  }
  return { tried, bad: bad.size };
}

const PARTS = [
  ['rows', tryRows],
  ['pairs', (world: LifecycleWorld) => tryPairs(world, isWanted)],
  ['healthy', (world: LifecycleWorld) => tryHealthy(world, isWanted)],
  ['attempts', (world: LifecycleWorld) => tryAttempts(world, isWanted)],
] as const;

const isAlone = !PARTS.some(([name]) => values[name]);

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const world = await LifecycleWorld.start({
    clusters: undefined,
    clockRate: RATE,
    portals: { main: portalOf() },
  });
  const counts = { tried: 0, bad: 0 };
  const figures: [name: string, right: number, of: number][] = [];
  for (const [name, part] of PARTS) {
    if (values.all || values[name] || (name === 'rows' && isAlone)) {
      const { tried, bad } = await part(world);
      counts.tried += tried;
      counts.bad += bad;
      figures.push([`diagnose, ${name}: right`, tried - bad, tried]);
    }
  }
  await world.stop();
  for (const [name, right, of] of figures) {
    figure(name, right, '', { least: Math.max(of, 1) });
  }
  console.log(`${counts.tried - counts.bad} passed, ${counts.bad} failed`);
  if (counts.tried === 0) console.error('No name has what was asked for.');
  return counts.bad > 0 || counts.tried === 0 ? 1 : 0;
}

main().then(
  code => process.exit(code),
  error => {
    console.error(error);
    process.exit(1);
  },
);
