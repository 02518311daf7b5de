import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError, USAGE, readArguments } from './cli/arguments';
import { scenarioList } from './cli/list';
import { startupMessage } from './cli/message';
import { writeSettings } from './cli/settings';
import { startSandbox } from './sandbox';
import { DEMO_CLUSTERS } from './seed/clusters';

/** The program: starts a sandbox, writes settings for other shells, and runs until it gets a signal. */
async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  if (options.list) {
    process.stdout.write(`${scenarioList()}\n`);
    return;
  }
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const sandbox = await startSandbox({
    port: options.port,
    seed: options.seed,
    clockRate: options.rate,
    delays: options.delays,
    region: options.region,
    clusters: options.clusters ?? DEMO_CLUSTERS.map(({ name }) => name),
    fleet: options.fleet,
    rights: options.rights,
    log: line => process.stderr.write(`${line}\n`),
  }).catch(error => {
    throw error.code === 'EADDRINUSE'
      ? new UsageError(
          `Port ${
            options.port
          } is taken by another program. Stop that one, or choose another port: yarn sandbox --port ${
            options.port + 1
          } (0 takes any free port).`,
        )
      : error;
  });
  for (const { name, identity } of options.scenarios) {
    await sandbox.client
      .scenario(name, identity === undefined ? {} : { identity })
      .catch(error => {
        throw new UsageError(`Scenario ${name}: ${error.message}`);
      });
  }
  const files = await writeSettings(directory, sandbox);
  let stopping = false;
  const stop = () => {
    if (!stopping) {
      stopping = true;
      for (const file of files.all) {
        rmSync(file, { force: true });
      }
      sandbox.stop().then(
        () => process.exit(0),
        error => fail(error),
      );
    }
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // A reader of this may stop the program at once.
  process.stdout.write(`${startupMessage(sandbox, files, options)}\n`);
}

function fail(error: unknown): void {
  const text =
    error instanceof UsageError
      ? error.message
      : (error instanceof Error && error.stack) || String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

main().catch(fail);
