import {
  headline,
  type IdentityStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Stage } from 'eks-sandbox';
import type { LifecycleWorld } from '../../../../../engine/src/lifecycle/__testUtils__/LifecycleWorld';
import { later, restore, stageOf, verify } from '../world';

/** An unusual setup in which the identity works. */
export interface Healthy {
  what: string;
  /** Default payments-prod. */
  cluster?: string;
  /** The component that the run is for. */
  entityRef?: string;
  make(stage: Stage): unknown | Promise<unknown>;
  /** Without a pod only AWS can tell: the report may say so. */
  onlyAPodProves?: true;
  /** What it is called, with a pod and without, where that is not what proof alone says. */
  status?: IdentityStatus;
  /** The probe itself is refused or cannot run, while the workload works. */
  probeRefused?: true;
}

/** Checks that fail or warn, with a pod or without, and verdicts that are not right. */
export async function alarmsOf(
  world: LifecycleWorld,
  healthy: Healthy,
): Promise<string[]> {
  await restore(world);
  const stage = stageOf(world, healthy.cluster);
  await stage.ensure();
  await healthy.make(stage);
  await later(world);
  const alarms: string[] = [];
  for (const probe of ['pod', 'admission'] as const) {
    const report = await verify(world, stage.identity, {
      probe,
      entityRef: healthy.entityRef,
    });
    const right = {
      pod: healthy.probeRefused ? 'could-not-check' : 'verified',
      admission: healthy.onlyAPodProves ? 'could-not-check' : 'looks-right',
    }[probe];
    const mayLookRight = probe === 'admission' || healthy.probeRefused;
    const isRight =
      report.status === (healthy.status ?? right) ||
      (mayLookRight && report.status === 'looks-right');
    alarms.push(
      ...(isRight ? [] : [`${probe}: ${headline(report)}`]),
      ...report.checks
        .filter(({ status }) => status === 'fail' || status === 'warn')
        .map(({ id, status, message }) => `${id} ${status}: ${message}`),
    );
  }
  return alarms;
}
