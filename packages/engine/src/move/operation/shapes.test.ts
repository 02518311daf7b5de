import type {
  AccessRow,
  AccessVerdict,
} from 'backstage-plugin-eks-pod-identity-common';
import { printTable } from 'eks-sandbox/verdicts';
import {
  MAKERS,
  roleOfShape,
  SHAPES,
} from '../../inventory/__testUtils__/trustShapes';
import { MoveWorld, programs, workload } from '../__testUtils__/MoveWorld';
import { REFUSED_AS } from '../__testUtils__/refusedAs';

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'] as const;
type Kind = (typeof KINDS)[number];
interface Row {
  name: string;
  shape: string;
  maker: string;
  kind: Kind;
}

const makers = Object.keys(MAKERS);
const shapes = Object.keys(SHAPES);
/** Each shape with three kinds, so that each maker and each kind comes with each several times. */
const ROWS = shapes.flatMap((shape, index) =>
  [0, 1, 2].map((turn): Row => {
    const maker = makers[(index + 2 * turn) % makers.length];
    const kind = KINDS[(index + turn) % KINDS.length];
    return { name: `m${index}-${turn}`, shape, maker, kind };
  }),
);

/** What the portal says it would do, by what the look has found. */
const SAYS: Partial<Record<AccessVerdict, RegExp>> = {
  ready: /^moves$/,
  'by-rule': /^moves$/,
  ...REFUSED_AS,
};

describe('what the portal makes of every trust policy, every maker and every kind', () => {
  let world: MoveWorld;
  let rows: Map<string, AccessRow>;
  const printed: string[][] = [];

  beforeAll(async () => {
    world = await MoveWorld.start();
    const { access } = world;
    const [held] = programs();
    for (const row of ROWS) {
      const role = roleOfShape(access, row.name, row);
      await access.runs(row.name, { role, kind: 'none' });
      if (row.kind === 'CronJob' && !SHAPES[row.shape].ends) {
        // The CronJob controller of the sandbox starts no Job
        access.record(row.name, {
          userAgent: 'Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1',
          requestParameters: { roleArn: role },
        });
      }
    }
    for (const { name, kind } of ROWS) {
      await world.world.kube().apply([under(name, kind, held)] as any);
    }
    await world.world.sandbox.clock.advance(60_000);
    rows = await world.look(
      ...ROWS.filter(({ shape }) => !SHAPES[shape].ends).map(one => one.name),
    );
  });
  afterAll(async () => {
    printTable(['trust policy', 'maker', 'kind', 'look', 'portal'], printed);
    await world.stop();
  });

  function under(name: string, kind: Kind, program: any) {
    const made = workload({
      ...program,
      name,
      account: name,
      ...(kind === 'CronJob' ? {} : { kind }),
    });
    const { template } = made.spec;
    if (kind !== 'CronJob') return made;
    return {
      apiVersion: 'batch/v1',
      kind,
      metadata: made.metadata,
      spec: {
        schedule: '*/5 * * * *',
        jobTemplate: {
          spec: {
            template: {
              ...template,
              spec: { ...template.spec, restartPolicy: 'Never' },
            },
          },
        },
      },
    };
  }

  it.each(ROWS)('$shape of $maker, $kind', async ({ name, ...row }) => {
    const said = await world
      .migrate({ serviceAccount: name, planOnly: true, until: 'moved' })
      .then(
        ({ plan }) => {
          const conflicts = plan.steps.filter(one => one.change === 'conflict');
          return conflicts.length
            ? `refused: ${conflicts.map(({ reason }) => reason).join(' ')}`
            : 'moves';
        },
        error => `refused: ${error.message}`,
      );
    const { verdict } = rows.get(name)!;
    printed.push([row.shape, row.maker, row.kind, verdict, said.slice(0, 150)]);
    const { verdict: expected, needsStatement } = SHAPES[row.shape];
    const isOpen = ['ready', 'by-rule'].includes(expected) || needsStatement;
    const isIdle = row.kind === 'CronJob' && isOpen;
    expect(verdict).toBe(
      isIdle && expected !== 'by-rule' ? 'unknown' : expected,
    );
    expect(said).toMatch(SAYS[isIdle ? 'unknown' : verdict]!);
  });

  it('has changed nothing', () => {
    const { calls } = world.world.sandbox;
    const writes = calls
      .calls()
      .filter(({ operation }) => /^(Create|Delete|Update|Put)/.test(operation));
    expect(writes).toEqual([]);
  });
});
