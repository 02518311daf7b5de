/**
 * For tests of what uses the engine.
 *
 * @packageDocumentation
 */
export { ManualClock } from './async/ManualClock';
