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
import { createMoves } from './operations';
import type { Moves } from './types';
import {
  MoveWorld,
  NAMESPACE,
  programs,
  REF,
  workload,
} from '../__testUtils__/MoveWorld';

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
  unknown: /^refused: .*no pod of it runs now/,
  'by-rule': /^moves$/,
  broken: /^refused: .*does not let it in by IRSA/,
  'needs-owner':
    /^refused: .*(ask its owner to add \{.*pods\.eks\.amazonaws\.com|asks for aws:SourceVpc, .* for its owner to say)/,
  'needs-target': /^refused: .*not allowed to use the role arn:aws:iam::4444/,
};

describe('what the portal makes of every trust policy, every maker and every kind', () => {
  let world: MoveWorld;
  let moves: Moves;
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
        // The sandbox starts no jobs by themselves
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
    await access.asked(
      ...ROWS.filter(({ shape }) => !SHAPES[shape].ends).map(one => one.name),
    );
    const { rows: found, searched = [] } = await access.look();
    rows = new Map(found.map(row => [row.ref.serviceAccount, row]));
    moves = createMoves({
      verification: world.world.verification,
      seen: async () => ({
        searched,
        programs: new Map(
          found.flatMap(({ ref, programs: seen }) =>
            seen ? [[`${ref.namespace}/${ref.serviceAccount}`, seen]] : [],
          ),
        ),
      }),
    });
  });
  afterAll(async () => {
    printTable(['trust policy', 'maker', 'kind', 'look', 'portal'], printed);
    await world.stop();
  });

  function under(name: string, kind: Kind, program: any) {
    const made = workload({
      ...program,
      name,
      ...(kind === 'CronJob' ? {} : { kind }),
    });
    const { template } = made.spec;
    template.spec.serviceAccountName = name;
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
    const said = await moves
      .migrate(
        {
          ref: { ...REF, serviceAccount: name },
          input: {
            clusterName: REF.cluster,
            namespace: NAMESPACE,
            serviceAccount: name,
            planOnly: true,
            until: 'moved',
          },
        },
        world.context(),
      )
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
