import { headline } from 'backstage-plugin-eks-pod-identity-common';
import type { Stage } from 'eks-sandbox';
import type { LifecycleWorld } from '../../../../../engine/src/lifecycle/__testUtils__/LifecycleWorld';
import { later, restore, stageOf, verify } from '../world';

/** An unusual setup in which the identity works. */
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
    const report = await verify(world, stage.identity, { probe });
    const right = {
      pod: healthy.probeRefused ? 'inconclusive' : 'verified',
      admission: healthy.onlyAPodProves ? 'inconclusive' : 'consistent',
    }[probe];
    const mayBeConsistent = probe === 'admission' || healthy.probeRefused;
    const isRight =
      report.status === right ||
      (mayBeConsistent && report.status === 'consistent');
    alarms.push(
      ...(isRight ? [] : [`${probe}: ${headline(report)}`]),
      ...report.checks
        .filter(({ status }) => status === 'fail' || status === 'warn')
        .map(({ id, status, message }) => `${id} ${status}: ${message}`),
    );
  }
  return alarms;
}
