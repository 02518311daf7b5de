import { parseArgs } from 'node:util';
import { Delays } from '../core/contract';
import { DELAY_NAMES, DEMO_DELAYS, NO_DELAYS } from '../core/delays';
import { SCENARIOS } from '../scenarios';
import type { FleetSize } from '../fleet';
import type { PortalRights } from '../seed/workloads';

/** A mistake that the user can correct; printed without a stack. */
export class UsageError extends Error {}

/** The parsed command line. */
export interface CliOptions {
  help: boolean;
  port: number;
  directory: string;
  rate: number;
  seed: number;
  delays: Delays;
  region?: string;
  clusters?: string[];
  rights: PortalRights;
  fleet?: FleetSize;
  /** Scenarios to run at the start, each with the identity that it breaks, if not the usual one. */
  scenarios: { name: string; identity?: string }[];
  /** Print the scenarios and end. */
  list: boolean;
}

const seconds = (ms: number) => `${ms / 1000}s`;

/** What `--help` prints. */
export const USAGE = `Starts an EKS-shaped sandbox on this machine: AWS APIs on one loopback port and a Kubernetes API for
each of its clusters. It keeps all state in memory and makes no connection to other machines.

Usage: yarn sandbox [options]

  --port <number>         port of the AWS side (default 4510; 0 takes any free port)
  --state-dir <folder>    where env, kubeconfig and portal.env are written (default .sandbox)
  --directory <folder>    the same
  --region <region>       region of the demo's clusters (default eu-west-1); the accounts are of its partition: with
                          cn-north-1 every ARN begins with arn:aws-cn:, with us-gov-west-1 with arn:aws-us-gov:
  --cluster <name>        start only this cluster of the demo; may be given more than once
  --fleet <CxN>           instead of the demo's clusters C clusters with N service accounts each that go by IRSA and older
                          ways, drawn by the seed; CxNxP gives each workload up to P pods (default 2). Their nodes are
                          on paper: pods are said to run, and run nothing
  --documented-rights     give the portal's roles exactly the RBAC of docs/permissions.md, as npm start does; without
                          it they may look at a little more
  --scenario <name>       start with something broken; may be given more than once. The service account
                          payments/payments-ledger of payments-prod is broken, unless you name another:
                          --scenario trust-denies=payments-prod/payments/invoice-archiver
  --scenarios             list the scenarios, by the known failures that they show
  --rate <number>         simulated seconds per second (default 1; 0 stops the simulated clock)
  --delay <name>=<time>   a propagation delay, e.g. association=10s, iam=0, addon=500ms; may be given more than once
  --no-delays             all changes are visible at once
  --seed <number>         seed of everything random (default 1)
  --help                  this text

Delays and their defaults:
${DELAY_NAMES.map(
  name => `  ${name.padEnd(20)}${seconds(DEMO_DELAYS[name])}`,
).join('\n')}

When it is ready, use it from another shell:

  source .sandbox/env && aws eks list-clusters && kubectl get ns`;

/** `10s`, `500ms`, `2m`, `0` → milliseconds. */
export function parseDuration(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (!found) {
    return undefined;
  }
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  const factor = found[2] ? unit[found[2] as keyof typeof unit] : undefined;
  const value = Number(found[1]);
  // A bare number other than 0 is ambiguous: it could be seconds or milliseconds.
  return factor === undefined && value !== 0
    ? undefined
    : value * (factor ?? 1);
}

function wholeNumber(
  name: string,
  text: string | undefined,
  usual: number,
  most: number,
): number {
  const value = text === undefined ? usual : Number(text);
  if (text === '' || !Number.isInteger(value) || value < 0 || value > most) {
    throw new UsageError(
      `--${name} must be a whole number from 0 to ${most}, not "${text}".`,
    );
  }
  return value;
}

function readRegion(text: string | undefined): string | undefined {
  if (text !== undefined && !/^[a-z]{2}(-[a-z]+){1,2}-\d$/.test(text)) {
    throw new UsageError(
      `--region must be a region such as eu-west-1 or cn-north-1, not "${text}".`,
    );
  }
  return text;
}

/** `3x300`, `1x5000x8` */
function readFleet(text: string | undefined): FleetSize | undefined {
  if (text === undefined) return undefined;
  const [, clusters, accounts, pods] =
    /^([1-9]\d?)x([1-9]\d{0,3})(?:x([1-9]\d?))?$/.exec(text) ?? [];
  if (!clusters) {
    throw new UsageError(
      `--fleet must be such as 3x300 or 1x5000x8, up to 99 clusters with 9999 service accounts each; not "${text}".`,
    );
  }
  return {
    clusters: Number(clusters),
    accounts: Number(accounts),
    pods: Number(pods ?? 2),
  };
}

function readDelays(given: string[], none: boolean): Delays {
  const delays: Delays = { ...(none ? NO_DELAYS : DEMO_DELAYS) };
  for (const entry of given) {
    const [name, time = ''] = entry.split('=');
    if (!DELAY_NAMES.includes(name as keyof Delays)) {
      throw new UsageError(
        `--delay has no "${name}". Its names are ${DELAY_NAMES.join(', ')}.`,
      );
    }
    const ms = parseDuration(time);
    if (ms === undefined) {
      throw new UsageError(
        `--delay ${name} needs a time with its unit such as 10s or 500ms, or 0; not "${time}".`,
      );
    }
    delays[name as keyof Delays] = ms;
  }
  return delays;
}

function readScenario(given: string): CliOptions['scenarios'][number] {
  const [name, identity] = given.split('=');
  if (!SCENARIOS.has(name)) {
    throw new UsageError(
      `There is no scenario "${name}". Run yarn sandbox --scenarios to list them.`,
    );
  }
  return { name, identity };
}

/** Reads the command line; throws {@link UsageError}. */
export function readArguments(argv: string[]): CliOptions {
  let values;
  try {
    ({ values } = parseArgs({
      args: argv,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        port: { type: 'string' },
        'state-dir': { type: 'string' },
        directory: { type: 'string' },
        rate: { type: 'string' },
        seed: { type: 'string' },
        region: { type: 'string' },
        delay: { type: 'string', multiple: true, default: [] },
        'no-delays': { type: 'boolean', default: false },
        cluster: { type: 'string', multiple: true },
        fleet: { type: 'string' },
        scenario: { type: 'string', multiple: true, default: [] },
        scenarios: { type: 'boolean', default: false },
        'documented-rights': { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(
      `${message.split('\n')[0]}\nRun yarn sandbox --help to list the options.`,
    );
  }
  const rate = values.rate === undefined ? 1 : Number(values.rate);
  if (values.rate === '' || !Number.isFinite(rate) || rate < 0) {
    throw new UsageError(
      `--rate must be a number, 0 or more; not "${values.rate}".`,
    );
  }
  return {
    help: values.help,
    port: wholeNumber('port', values.port, 4510, 65_535),
    directory: values['state-dir'] ?? values.directory ?? '.sandbox',
    rate,
    seed: wholeNumber('seed', values.seed, 1, 2 ** 32 - 1),
    delays: readDelays(values.delay, values['no-delays']),
    region: readRegion(values.region),
    clusters: values.cluster ?? (values.fleet ? [] : undefined),
    fleet: readFleet(values.fleet),
    scenarios: values.scenario.map(readScenario),
    list: values.scenarios,
    rights: values['documented-rights'] ? 'documented' : 'recorded',
  };
}
