/**
 * 100 ready workloads move from IRSA to Pod Identity while IAM throttles by a token bucket of each assumed size. Engine and
 * sandbox are one process; time is the sandbox's clock, also for the pace and the pauses before a call is made again.
 */
import { reportMoves } from '../../../engine/src/move/__testUtils__/moveMany';
import * as output from '../../../../scripts/lib/output.mjs';
import { benchmark } from './lib/benchmark';

benchmark(() => reportMoves(output, 100));
