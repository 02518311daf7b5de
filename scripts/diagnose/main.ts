import { parseArgs } from 'node:util';
import { headline } from 'backstage-plugin-eks-pod-identity-common';
import { LifecycleWorld } from '../../packages/engine/src/lifecycle/__testUtils__/LifecycleWorld';
import {
  SCENARIOS,
  scenariosByRow,
} from '../../packages/sandbox/src/scenarios';
import { EXPECTED } from './expected';
import { portalOf } from './portal';
import { Shell, shellOf } from './shell';
import { RATE, Trial, tryScenario } from './trial';

const HELP = `yarn diagnose [NAME…] [--verbose]
yarn diagnose:all [--verbose]

Breaks a healthy identity of the sandbox by each scenario, verifies it with a pod, does what the report says – its
command is run by bash with the real aws and kubectl – and verifies it again. Prints a line for each: what was named as
the cause, its sentence, the fix, and where it ended. Fails where the cause or the sentence is another than expected, or
the fix does not end in "verified".

  NAME       only scenarios whose name contains it, or that show a row: trust, 13, E5
  --verbose  prints each report's causes, and every command`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h' },
    all: { type: 'boolean' },
    verbose: { type: 'boolean' },
  },
});

const isWanted = (name: string, rows: readonly string[]) =>
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
      ...rounds.flatMap(({ done }) =>
        done
          ? [values.verbose ? indented(done) : `  fix: ${done.split('\n')[0]}`]
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
  const shell = await shellOf(world.sandbox);
  const trials: Trial[] = [];
  for (const [name, { rows }] of SCENARIOS) {
    if (rows.length > 0 && isWanted(name, rows)) {
      const trial = await tryOne(world, shell, name);
      trials.push(trial);
      print(trial, rows);
    }
  }
  await world.stop();
  const bad = new Set(
    trials
      .filter(({ problems }) => problems.length > 0)
      .map(({ name }) => name),
  );
  if (positionals.length === 0) {
    for (const { row, title, notShown, scenarios } of scenariosByRow()) {
      const good = scenarios.filter(name => !bad.has(name)).length;
      console.log(
        `${row.padStart(3)}  ${title}: ${
          notShown ?? `${good} of ${scenarios.length}`
        }`,
      );
    }
  }
  console.log(`${trials.length - bad.size} passed, ${bad.size} failed`);
  return bad.size > 0 ? 1 : 0;
}

main().then(
  code => process.exit(code),
  error => {
    console.error(error);
    process.exit(1);
  },
);
