/** @needs aws kubectl */
import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import { printTable } from 'eks-sandbox/verdicts';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { NEW, POD_IDENTITY } from './__testUtils__/accessCase';
import { AccessWorld } from './__testUtils__/AccessWorld';
import { ByHand } from './__testUtils__/ByHand';
import { ROADS, SECRET } from './__testUtils__/pairRoads';
import {
  isTaken,
  MAKERS,
  roleOfShape,
  SHAPES,
} from './__testUtils__/trustShapes';

interface Triple {
  shape: string;
  road: string;
  maker: string;
}

const CLUSTER = 'payments-prod';
const REFUSED = 'EKS refuses the role';
const REFUSED_TODAY = 'IRSA is refused today';
const shapes = Object.keys(SHAPES);
const makers = Object.keys(MAKERS);
const [irsa, ...others] = [...Object.keys(ROADS), 'addon', 'pod-identity'];
/** Each shape, maker and road at least twice; `npm run trials` has every combination. */
const isInSample = (at: number, { road, maker }: Triple) =>
  road === irsa
    ? makers[at % makers.length] === maker
    : others[at % others.length] === road &&
      makers[(at + 1) % makers.length] === maker;
const triples = shapes.flatMap((shape, at) =>
  [irsa, ...others]
    .flatMap(road => makers.map(maker => ({ shape, road, maker })))
    .filter(
      triple => process.env.EKS_TEST_ACCESS_PAIRS || isInSample(at, triple),
    ),
);

/** A look reads what AWS recorded of all programs of a world, so that each road has its own where every one is tried. */
const worlds = process.env.EKS_TEST_ACCESS_PAIRS
  ? [irsa, ...others].map(wanted => ({
      of: wanted,
      rows: triples.filter(({ road }) => road === wanted),
    }))
  : [{ of: 'every road', rows: triples }];

/** By the node there is no service account that could move; `nodeUse.sandbox` has what a look says of it. */
const NODE = [
  'every',
  'node',
  'every',
  '-',
  'impossible: EC2 gives a node its role, whose trust policy has no service account',
];

describe.each(worlds)(
  'every trust policy of every maker on $of, moved by hand',
  ({ rows }) => {
    let world: VerifyWorld;
    let access: AccessWorld;
    let given: string;
    const byHand = new ByHand();
    const table: string[][] = [];

    beforeAll(async () => {
      world = await VerifyWorld.start();
      access = new AccessWorld(world);
      given = access.role('given', [POD_IDENTITY]);
      await byHand.start(access);
      await access.runs('first', { kind: 'none' });
      await world.kube().apply(SECRET as any);
    });
    afterAll(async () => {
      const head = ['trust policy', 'road', 'maker', 'look', 'by hand'];
      printTable(head, [...table, NODE]);
      const totals = new Map<string, number>();
      for (const [, , , verdict, outcome] of table) {
        const key = `${verdict}: ${outcome}`;
        totals.set(key, (totals.get(key) ?? 0) + 1);
      }
      printTable(
        ['look: by hand', 'combinations'],
        [...totals].sort().map(([key, count]) => [key, String(count)]),
      );
      await world.sandbox.stop();
    });

    const isUsed = (last: string) =>
      /with keys of container: .* ok$/.test(last);
    /** What the pods of a workload do with what they have got. */
    const keysIn = (last: string) => {
      if (isUsed(last)) return 'goes on';
      const [, source] = /with keys of (\w+): /.exec(last) ?? [];
      if (source) return `keeps keys of ${source}`;
      return /AccessDenied|InvalidIdentityToken/.test(last)
        ? REFUSED_TODAY
        : last;
    };
    /** What becomes of a deed by hand. */
    const outcomeOf = (deed: Promise<string>) =>
      deed.then(keysIn, (error: Error) =>
        /AccessDenied|InvalidParameter/.test(error.message) ? REFUSED : error,
      );

    /** A workload with the role, beside what its pods have besides. */
    async function onRoad({ shape, road }: Triple, name: string, role: string) {
      const { ends, needsStatement, assumes } = SHAPES[shape];
      const { roads, verdict, run, keeps } = ROADS[road];
      await access.runs(name, { sdk: NEW, ...run(role) });
      if (!ends && !keeps) await access.asked(name);
      const row = (await access.rows()).get(name)!;
      expect([row.roads, row.verdict]).toEqual([roads, verdict(SHAPES[shape])]);
      if (keeps) {
        expect(row.alone ?? row.verdict).not.toMatch(/^ready/);
        const before = keysIn(await byHand.printedBy(name));
        const after = await outcomeOf(byHand.moved(name, given));
        expect(after).toBe(before);
        return {
          row,
          outcome: after,
          expected:
            ends && keeps === 'irsa' ? REFUSED_TODAY : `keeps keys of ${keeps}`,
        };
      }
      expect(Boolean(row.statement)).toBe(needsStatement ?? false);
      const move = () => outcomeOf(byHand.moved(name, role, !assumes));
      let outcome;
      if (ends === REFUSED_TODAY) {
        outcome = keysIn(await byHand.printedBy(name));
      } else {
        outcome = await move();
        if (row.statement && outcome !== 'goes on') {
          // Without it EKS refuses the association, or the pods get nothing
          await byHand.addStatement(role.split('/')[1], row.statement);
          outcome = await move();
        }
        if (outcome === 'goes on') {
          const after = (await access.rows()).get(name)!;
          expect(after.roads[0]).toBe('pod-identity');
        }
      }
      return { row, outcome, expected: ends ?? 'goes on' };
    }

    /** An add-on of EKS has the role, whose update takes it along. */
    async function ofAddon({ shape }: Triple, name: string, role: string) {
      const namespace = 'kube-system';
      const account = 'aws-node';
      const addonName = 'vpc-cni';
      await world.sandbox.aws.eks.putAddon(CLUSTER, {
        addonName,
        serviceAccountRoleArn: role,
      });
      const manager = 'eks';
      await access.runs(name, { role, sdk: NEW, namespace, account, manager });
      const before = await byHand.printedBy(name, { namespace });
      expect(keysIn(before)).toBe(
        SHAPES[shape].ends ? REFUSED_TODAY : 'keeps keys of irsa',
      );
      const row = (await access.rows(namespace)).get(account)!;
      expect([row.roads, row.verdict]).toEqual([['irsa'], 'add-on']);
      const { pod: notBy } = await byHand.printed(name, namespace);
      const update = async () => {
        await byHand.bash(`
aws eks update-addon --region eu-west-1 --cluster-name ${CLUSTER} --addon-name ${addonName} \\
  --pod-identity-associations 'serviceAccount=${account},roleArn=${role}'
aws eks wait addon-active --region eu-west-1 --cluster-name ${CLUSTER} --addon-name ${addonName}`);
        return byHand.printedBy(name, { notBy, namespace });
      };
      const outcome = await outcomeOf(update());
      return {
        row,
        outcome,
        expected: isTaken(access, shape) ? 'goes on' : REFUSED,
      };
    }

    /** It has an association from the start, where EKS makes one. */
    async function associated({ shape }: Triple, name: string, role: string) {
      const isPossible = isTaken(access, shape);
      try {
        await byHand.associate(name, role);
      } catch (error) {
        expect((error as Error).message).toMatch(
          /AccessDenied|InvalidParameter/,
        );
        return {
          outcome: `impossible: ${REFUSED}`,
          expected: isPossible ? 'an association' : `impossible: ${REFUSED}`,
        };
      }
      await access.runs(name, { kind: 'none' });
      await access.effective(name);
      await access.runs(name, { sdk: NEW });
      const outcome = keysIn(await byHand.printedBy(name));
      const row = (await access.rows()).get(name)!;
      expect([row.roads, row.verdict]).toEqual([
        ['pod-identity'],
        SHAPES[shape].isOwn ? 'left-over' : 'no-move',
      ]);
      return { row, outcome, expected: 'goes on' };
    }

    /** So that a look does not take longer with each of them. */
    async function clear(name: string) {
      const { eks } = world.sandbox.aws;
      const kube = world.kube();
      for (const [namespace, account] of [
        ['shop', name],
        ['kube-system', 'aws-node'],
      ]) {
        await kube.delete('deployments', namespace, name);
        await kube.delete('serviceaccounts', namespace, account);
        const made = eks
          .associations(CLUSTER)
          .filter(
            one =>
              one.namespace === namespace && one.serviceAccount === account,
          );
        made.forEach(one => eks.deleteAssociation(CLUSTER, one.associationId));
      }
      eks.cluster(CLUSTER).addons.delete('vpc-cni');
    }

    it.each(rows)('$shape on $road of $maker', async triple => {
      const { shape, road, maker } = triple;
      const name = `p${triples.indexOf(triple)}-${maker}`;
      const isAddon = road === 'addon';
      const subject = isAddon ? 'kube-system/aws-node' : name;
      const role = roleOfShape(access, name, triple, subject);
      const deed =
        { addon: ofAddon, 'pod-identity': associated }[road] ?? onRoad;
      const {
        row,
        outcome,
        expected,
      }: { row?: AccessRow; outcome: unknown; expected: string } = await deed(
        triple,
        name,
        role,
      );
      table.push([shape, road, maker, row?.verdict ?? '-', String(outcome)]);
      expect(outcome).toBe(expected);
      const isRead =
        row && road !== 'irsa-by-hand' && shape !== 'other-account';
      expect(row?.role?.maker).toBe(isRead ? MAKERS[maker].called : undefined);
      await clear(name);
    });
  },
);
