import { Delays } from './contract';

/**
 * The demo's delays: short enough to watch, long enough that every race of the real thing can be seen.
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
};

/** Everything is seen at once: what most tests want. */
export const NO_DELAYS: Delays = {
  iam: 0,
  association: 0,
  apiServerLag: 0,
  eksAuth: 0,
  associationDelete: 0,
  addon: 0,
  podStart: 0,
  accessEntry: 0,
};

/** The names that may be set, in the order in which the help text lists them. */
export const DELAY_NAMES = Object.keys(NO_DELAYS) as (keyof Delays)[];
