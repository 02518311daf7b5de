import { known, unreadable } from '../../async/readable';
import { ManualClock } from '../../async/ManualClock';
import { outline, planScope } from '../__testUtils__/planScope';
import { PlanBuilder } from '../steps/PlanBuilder';
import { planRestart, type RestartFacts } from './planRestart';

const workload = (kind: string, name: string, ...uids: string[]) => ({
  kind,
  name,
  pods: uids.map(uid => ({ uid, name: uid })),
});
const scope = planScope({}, { clock: new ManualClock() });

async function plan(
  outdated: object[],
  {
    steps = [],
    wanted = true,
    ...facts
  }: Partial<RestartFacts> & { steps?: [string, string][] } = {},
) {
  const builder = new PlanBuilder('associate', scope);
  for (const [id, change] of steps) {
    builder.add({
      id,
      resource: { kind: 'gate', name: id },
      change: change as any,
      reason: 'r',
    });
  }
  const asked: boolean[] = [];
  await planRestart(builder, scope, {
    pods: known([]),
    replacing: async workloads => workloads.map(() => undefined),
    wanted,
    gate: {
      podsToRestart: (_: unknown, { isReplaced }: { isReplaced: boolean }) => {
        asked.push(isReplaced);
        return outdated;
      },
    } as any,
    obstacle: () => undefined,
    ...facts,
  });
  const added = builder.steps
    .slice(steps.length)
    .map(({ plan: { reason } }) => reason);
  return {
    steps: outline(builder).slice(steps.length),
    reasons: added,
    warnings: builder.warnings,
    affected: builder.plan().affectedWorkloads,
    isReplaced: asked[0],
  };
}

describe('the restarts of a plan', () => {
  const web = workload('Deployment', 'web', 'p1');
  const db = workload('StatefulSet', 'db', 'p2', 'p3');

  it('come one after the other, behind the gate', async () => {
    expect(await plan([db, web], { steps: [['gate', 'keep']] })).toMatchObject({
      steps: [
        'restart.deployment.web: update (external)! after gate',
        'restart.statefulset.db: update (external)! after restart.deployment.web',
      ],
      reasons: [
        expect.stringMatching(/^1 running pod does not have the identity yet/),
        expect.stringMatching(/^2 running pods do not have the identity yet/),
      ],
      warnings: [],
      affected: [
        { kind: 'StatefulSet', name: 'db', pods: 2 },
        { kind: 'Deployment', name: 'web', pods: 1 },
      ],
    });
  });

  it('are only told where they are not wanted', async () => {
    const { steps, warnings } = await plan([web], { wanted: false });
    expect(steps).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^Deployment web \(1 running pod\) will need a restart.*: kubectl -n shop rollout restart deployment\/web$/,
      ),
    ]);
  });

  it.each([true, false])(
    'are none of what has no roll-outs, which it says (wanted: %s)',
    async wanted => {
      const { steps, warnings, affected } = await plan(
        [workload('Job', 'once', 'p1')],
        { wanted },
      );
      expect(steps).toEqual([]);
      expect(warnings).toEqual([
        expect.stringMatching(
          /^Job once \(1 running pod\) run without the identity/,
        ),
      ]);
      expect(affected).toHaveLength(1);
    },
  );

  it.each([true, false])(
    'are none where no pod is outdated (wanted: %s)',
    async wanted => {
      expect(await plan([], { wanted })).toMatchObject({
        steps: [],
        warnings: [],
        affected: undefined,
      });
    },
  );

  it('are refused where the pods were not read, if they are wanted', async () => {
    const pods = unreadable('it is forbidden');
    expect(await plan([], { pods })).toMatchObject({
      steps: ['restart: conflict (external)'],
      reasons: [
        expect.stringMatching(
          /^the portal cannot tell which pods need a restart: it is forbidden;/,
        ),
      ],
    });
    expect(await plan([], { pods, wanted: false })).toMatchObject({
      steps: [],
      warnings: [],
    });
  });

  it.each<[boolean, [string, string]]>([
    [true, ['role', 'create']],
    [false, ['role', 'update']],
    [false, ['role', 'keep']],
    [true, ['association', 'create']],
    [true, ['association', 'update']],
    [false, ['association', 'keep']],
    [false, ['association', 'conflict']],
    [false, ['role.trust', 'create']],
  ])(
    'concern all running pods: %s, where the plan has %j',
    async (isReplaced, step) => {
      expect((await plan([], { steps: [step] })).isReplaced).toBe(isReplaced);
    },
  );
});
