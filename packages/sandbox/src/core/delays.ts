import { Delays } from './contract';

/**
 * The demo's delays: short enough to watch, long enough to show every race that AWS has.
 * All in simulated milliseconds.
 */
export const DEMO_DELAYS: Delays = {
  iam: 4_000,
  association: 6_000,
  apiServerLag: 1_500,
  eksAuth: 3_000,
  associationDelete: 5_000,
  addon: 12_000,
  podStart: 2_500,
  accessEntry: 5_000,
  tokenCache: 10_000,
  cloudTrail: 20_000,
  roleLastUsed: 60_000,
  awsCli: 0,
};

/** No delays, for most tests. */
export const NO_DELAYS: Delays = {
  iam: 0,
  association: 0,
  apiServerLag: 0,
  eksAuth: 0,
  associationDelete: 0,
  addon: 0,
  podStart: 0,
  accessEntry: 0,
  tokenCache: 0,
  cloudTrail: 0,
  roleLastUsed: 0,
  awsCli: 0,
};

/** What one start of AWS CLI 2.36 took of a processor on a real node. */
export const AWS_CLI_MS = 550;

/** The names of the delays, in the order of the help text. */
export const DELAY_NAMES = Object.keys(NO_DELAYS) as (keyof Delays)[];
