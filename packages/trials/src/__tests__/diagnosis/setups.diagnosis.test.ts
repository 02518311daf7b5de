/** Setups of all shapes: the badge, what it says, and what it is once the printed command has run. */
import {
  firstBrokenHop,
  headline,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { repairAll } from './repairs';
import { OF_THE_CLUSTER } from './setups/cluster';
import { OF_CONTAINERS } from './setups/containers';
import { OF_ROLES } from './setups/roles';
import { TRIES_OF_AWS } from './setups/triesOfAws';
import { TRIES_OF_PODS } from './setups/triesOfPods';
import { TRIES_OF_TEMPLATES } from './setups/triesOfTemplates';
import { OF_WORKLOADS } from './setups/workloads';
import { type Shell, shellOf } from './shell';
import { later, restore, stageOf, useWorld, verify } from './world';

const SETUPS = {
  ...OF_WORKLOADS,
  ...OF_CONTAINERS,
  ...OF_THE_CLUSTER,
  ...OF_ROLES,
  ...TRIES_OF_PODS,
  ...TRIES_OF_TEMPLATES,
  ...TRIES_OF_AWS,
};

describe('setups', () => {
  const world = useWorld();
  let shell: Shell;
  beforeAll(async () => {
    shell = await shellOf(world().sandbox);
  });

  it.each(Object.entries(SETUPS))('%s', async (_, setup) => {
    const { make, status, says, tells = /./, nearby, ends } = setup;
    await restore(world());
    const stage = stageOf(world(), setup.cluster);
    await stage.ensure();
    await make(stage);
    await later(world());
    const report = await verify(world(), stage.identity, setup);
    const notes = report.checks
      .filter(one => /note|warn/.test(one.status))
      .map(({ message }) => message);
    const fix = firstBrokenHop(report)?.fix;
    const said = [headline(report), ...notes, JSON.stringify(fix ?? '')];
    expect({ status: report.status, said }).toEqual({ status, said });
    expect(said.join('\n')).toMatch(says);
    expect(report.checks.map(({ message }) => message).join('\n')).toMatch(
      tells,
    );
    const near = report.checks.flatMap(one => one.nearby ?? []);
    expect(near.map(stringifyServiceAccountRef)).toEqual(nearby ?? []);
    if (!ends) return;
    const ended = await repairAll(
      { world: world(), shell, ref: stage.identity },
      report,
      [setup],
      setup,
    );
    expect({ ends: ended.status, says: headline(ended) }).toMatchObject({
      ends,
    });
  });
});
