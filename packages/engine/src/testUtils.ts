/**
 * For tests of what uses the engine.
 *
 * @packageDocumentation
 */
export { ManualClock } from './async/ManualClock';
export {
  type CheckHarness,
  checkHarness,
} from './verification/run/checkHarness';
