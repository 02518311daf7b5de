import type { Stage } from 'eks-sandbox';

/** An unusual set-up in which the identity works. */
export interface Healthy {
  what: string;
  /** Default payments-prod. */
  cluster?: string;
  make(stage: Stage): unknown | Promise<unknown>;
  /** Without a pod only AWS can tell: the report may say so. */
  onlyAPodProves?: true;
  /** The probe itself is refused or cannot run, while the workload works. */
  probeRefused?: true;
}
