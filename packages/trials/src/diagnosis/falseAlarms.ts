import { headline } from 'backstage-plugin-eks-pod-identity-common';
import { LifecycleWorld } from '../../../engine/src/lifecycle/__testUtils__/LifecycleWorld';
import { HEALTHY } from './healthy';
import type { Healthy } from './healthy/variant';
import { RATE, restore, stageOf, verify } from './trial';

const LATER = 600_000;

/** What a report of a healthy identity must not say. */
async function alarms(world: LifecycleWorld, healthy: Healthy) {
  world.sandbox.clock.setRate(RATE);
  await restore(world);
  const stage = stageOf(world, healthy.cluster);
  await stage.ensure();
  await healthy.make(stage);
  await world.sandbox.clock.advance(LATER);
  const found: string[] = [];
  for (const probe of ['pod', 'admission'] as const) {
    const report = await verify(world, stage.identity, { probe });
    const proven = probe === 'pod' && !healthy.probeRefused;
    const right = {
      pod: healthy.probeRefused ? 'inconclusive' : 'verified',
      admission: healthy.onlyAPodProves ? 'inconclusive' : 'consistent',
    }[probe];
    const alarm = report.checks.filter(
      ({ status }) => status === 'fail' || status === 'warn',
    );
    if (
      alarm.length > 0 ||
      (report.status !== right && (proven || report.status !== 'consistent'))
    ) {
      found.push(
        `${probe}: ${headline(report)}`,
        ...alarm.map(
          check => `  ${check.id} ${check.status}: ${check.message}`,
        ),
      );
    }
  }
  return found;
}

/** Verifies each healthy variant with a pod and without; returns how many cried wolf. */
export async function tryHealthy(
  world: LifecycleWorld,
  isWanted: (name: string) => boolean,
): Promise<{ tried: number; bad: number }> {
  let tried = 0;
  let bad = 0;
  for (const healthy of HEALTHY) {
    if (!isWanted(healthy.what)) continue;
    tried += 1;
    const found = await alarms(world, healthy).catch(error => [
      String((error as Error).stack),
    ]);
    if (found.length > 0) bad += 1;
    console.log(
      [
        `${found.length > 0 ? '✗' : '✓'} healthy: ${healthy.what}`,
        ...found.map(line => `  ${line}`),
      ].join('\n'),
    );
  }
  return { tried, bad };
}
