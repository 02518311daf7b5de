export { createClusters, type ClustersOptions } from './clusters';
export { readClusterDefinition, readEngineConfig } from './config';
export {
  DEFAULT_PROBE_COMMANDS,
  DEFAULT_PROBE_IMAGE,
  NEVER_OPTIONS,
} from './defaults';
export type * from './types';
