/** Setups with workloads of all shapes: the badge, what it says, and what it is once the printed command has run. */
import {
  firstBrokenHop,
  headline,
} from 'backstage-plugin-eks-pod-identity-common';
import { runFix, settle } from './fixes';
import { OF_THE_CLUSTER } from './setups/cluster';
import { OF_CONTAINERS } from './setups/containers';
import { OF_WORKLOADS } from './setups/workloads';
import { type Shell, shellOf } from './shell';
import { later, restore, stageOf, useWorld, verify } from './world';

const SETUPS = { ...OF_WORKLOADS, ...OF_CONTAINERS, ...OF_THE_CLUSTER };

/** One fix may uncover the next trouble. */
const MOST_FIXES = 3;

describe('setups', () => {
  const world = useWorld();
  let shell: Shell;
  beforeAll(async () => {
    shell = await shellOf(world().sandbox);
  });

  it.each(Object.entries(SETUPS))('%s', async (_, setup) => {
    const { make, status, says, ends } = setup;
    await restore(world());
    const stage = stageOf(world());
    await make(stage);
    await later(world());
    let report = await verify(world(), stage.identity, setup);
    const notes = report.checks
      .filter(one => /note|warn/.test(one.status))
      .map(({ message }) => message);
    const fix = firstBrokenHop(report)?.fix;
    const said = [headline(report), ...notes, JSON.stringify(fix ?? '')];
    expect({ status: report.status, said }).toEqual({ status, said });
    expect(said.join('\n')).toMatch(says);
    if (!ends) return;
    const ran: string[] = [];
    for (
      let fixes = 0;
      report.status !== ends && fixes < MOST_FIXES;
      fixes += 1
    ) {
      ran.push(await runFix(shell, firstBrokenHop(report)));
      await settle(world(), stage.identity);
      await world().sandbox.clock.advance(60_000);
      report = await verify(world(), stage.identity, setup);
    }
    expect({ ends: report.status, says: headline(report), ran }).toMatchObject({
      ends,
    });
  });
});
