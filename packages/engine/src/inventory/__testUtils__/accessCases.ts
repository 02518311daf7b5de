import type { AccessWorld } from './AccessWorld';
import { POD_CASES } from './podCases';
import { TRUST_CASES } from './trustCases';

/** Service accounts of every road, with roles of every shape. */
export const CASES = [...TRUST_CASES, ...POD_CASES];

/** Makes them all, and waits until AWS has recorded that those asked which are to. */
export async function makeAll(world: AccessWorld): Promise<void> {
  await world.addPool('windows', { kind: 'windows' });
  await world.addPool('hybrid', { kind: 'hybrid' });
  await world.addPool('open', { kind: 'managed', imdsHopLimit: 2 });
  world.world
    .kube()
    .selectForFargate({ namespace: 'shop', labels: { app: 'on-fargate' } });
  for (const { name, run } of CASES) await world.runs(name, run(world));
  const asking = CASES.filter(({ asks }) => asks).map(({ name }) => name);
  await world.asked(...asking);
  for (const { then } of CASES) await then?.(world);
}
