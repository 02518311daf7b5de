export * from './core/contract';
export { DEMO_DELAYS, NO_DELAYS } from './core/delays';
export { startSandbox } from './sandbox';
export type { Sandbox, SandboxOptions } from './sandbox';
