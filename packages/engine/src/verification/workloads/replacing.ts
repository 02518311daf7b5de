import type { WorkloadFact } from '../framework/facts/workloads';

type Replacing = Pick<
  WorkloadFact,
  'older' | 'partition' | 'paused' | 'strategy' | 'stuck'
>;

/** Its pods of former templates are being replaced now: Kubernetes does so by itself, and it goes on. */
export const isReplacing = ({
  older = 0,
  partition = 0,
  paused,
  strategy,
  stuck,
}: Replacing) =>
  older > partition && !paused && strategy !== 'OnDelete' && !stuck;
