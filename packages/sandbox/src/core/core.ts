import { Calls } from './calls';
import { Clock } from './clock';
import { Delays, SandboxCore } from './contract';
import { NO_DELAYS } from './delays';
import { Faults } from './faults';
import { Holds } from './holds';
import { Latency } from './latency';
import { createRandom } from './random';
import { Rights } from './rights';
import { IssuedSecrets } from './secrets';

/** The shared core, with its concrete classes. */
export interface Core extends SandboxCore {
  clock: Clock;
  calls: Calls;
  latency: Latency;
  faults: Faults;
  holds: Holds;
}

/** Builds the core that both sides of the sandbox share. */
export function createCore(options: {
  seed?: number;
  clockRate?: number;
  delays?: Partial<Delays>;
  /** Where the rights that callers use are written down. */
  rightsFile?: string;
  log?: (line: string) => void;
}): Core {
  const log = options.log ?? (() => {});
  const clock = new Clock({
    rate: options.clockRate,
    onError: error => log(`A scheduled change failed: ${error}`),
  });
  return {
    clock,
    delays: { ...NO_DELAYS, ...options.delays },
    calls: new Calls(),
    secrets: new IssuedSecrets(),
    latency: new Latency(),
    faults: new Faults(clock),
    rights: new Rights(options.rightsFile),
    holds: new Holds(),
    random: createRandom(options.seed ?? 1),
    log,
  };
}
