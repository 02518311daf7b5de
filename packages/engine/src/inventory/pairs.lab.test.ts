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

/** What the pods do, or what keeps them from it. */
interface Deeds {
  /** As the look finds them. */
  before: string;
  /** Once a person has associated the service account with the role that it has. */
  own: string;
  /** After everything that a person can do. */
  last: string;
  /** The road that the next look puts first. */
  road?: string;
}

interface Tried {
  row: AccessRow;
  did: Record<keyof Deeds, unknown>;
  expected: Deeds;
}

const CLUSTER = 'payments-prod';
const REFUSED = 'EKS refuses the role';
const IRSA_REFUSED = 'IRSA is refused';
const PODS_REFUSED = 'Pod Identity is refused';
const GOES_ON = 'goes on';
const ON_IRSA = 'has keys of irsa';
const shapes = Object.keys(SHAPES);
const makers = Object.keys(MAKERS);
const ASSOCIATED = 'pod-identity';
const ABROAD = 'other-account';
const [irsa, ...others] = [...Object.keys(ROADS), 'addon', ASSOCIATED];
/** Each shape, maker and road at least twice; `npm run trials` has every combination. */
const isInSample = (at: number, { road, maker }: Triple) => {
  if (road === irsa) return makers[at % makers.length] === maker;
  // One further each time, so that a road does not always meet the same maker
  const turn = at + Math.floor(at / others.length);
  return (
    others[turn % others.length] === road &&
    makers[(at + 1) % makers.length] === maker
  );
};
const triples = shapes.flatMap((shape, at) =>
  [irsa, ...others]
    .filter(road => shape !== ABROAD || road !== ASSOCIATED)
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
const IMPOSSIBLE = [
  [
    ...['every', 'node', 'every', '-', '-', '-'],
    'impossible: EC2 gives a node its role, whose trust policy has no service account',
  ],
  [
    ...[ABROAD, ASSOCIATED, 'every', '-', '-', '-'],
    'impossible: EKS takes no role of another account for an association',
  ],
];

const table: string[][] = [];

afterAll(() => {
  const head = ['trust policy', 'road', 'maker', 'look'];
  const deeds = ['before', 'with its own role', 'in the end'];
  printTable([...head, ...deeds], [...table, ...IMPOSSIBLE]);
  const totals = new Map<string, number>();
  for (const [, , , ...said] of table) {
    const key = said.join(' | ');
    totals.set(key, (totals.get(key) ?? 0) + 1);
  }
  printTable(
    ['look', ...deeds, 'combinations'],
    [...totals].sort().map(([key, count]) => [...key.split(' | '), `${count}`]),
  );
});

/** What the pods of a workload do with what they have got. */
function keysIn(last: string): string {
  // Access keys of the trial are not ones that AWS takes
  const [, source] =
    /with keys of (\w+): .* ok$/.exec(last) ??
    /with keys of (environment): /.exec(last) ??
    [];
  if (source) return source === 'container' ? GOES_ON : `has keys of ${source}`;
  if (/answered 4\d\d: .*AccessDenied/.test(last)) return PODS_REFUSED;
  return /AccessDenied|InvalidIdentityToken/.test(last) ? IRSA_REFUSED : last;
}

const refusalIn = (error: Error) =>
  /: (Trust policy of the role provided is invalid|Cross-account pass role is not allowed)/.test(
    error.message,
  )
    ? REFUSED
    : error;

/** What becomes of a deed by hand. */
const outcomeOf = (deed: Promise<string>) => deed.then(keysIn, refusalIn);

describe.each(worlds)(
  'every trust policy of every maker on $of, moved by hand',
  ({ rows }) => {
    let world: VerifyWorld;
    let access: AccessWorld;
    let given: string;
    let name = '';
    const byHand = new ByHand();

    beforeAll(async () => {
      world = await VerifyWorld.start();
      access = new AccessWorld(world);
      given = access.role('given', [POD_IDENTITY]);
      await byHand.start(access);
      await access.runs('first', { kind: 'none' });
      await world.kube().apply(SECRET as any);
    });
    afterAll(() => world.sandbox.stop());

    /** So that a look does not take longer with each of them. */
    afterEach(async () => {
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
    });

    /** A workload with the role, beside what its pods have besides. */
    async function ran({ shape, road }: Triple, role: string) {
      const { roads, verdict, run, keeps } = ROADS[road];
      await access.runs(name, { sdk: NEW, ...run(role) });
      if (!SHAPES[shape].ends && !keeps) await access.asked(name);
      const row = (await access.rows()).get(name)!;
      expect([row.roads, row.verdict]).toEqual([roads, verdict(SHAPES[shape])]);
      return { row, before: keysIn(await byHand.printedBy(name)) };
    }

    /** It moves where EKS takes the role, or does with the statement that the row prints. */
    async function moving(triple: Triple, role: string): Promise<Tried> {
      const { shape } = triple;
      const { ends, needsStatement, assumes } = SHAPES[shape];
      const { row, before } = await ran(triple, role);
      expect(Boolean(row.statement)).toBe(needsStatement ?? false);
      const move = () => outcomeOf(byHand.moved(name, role, !assumes));
      const own = await move();
      let last = own;
      if (row.statement) {
        await byHand.addStatement(role.split('/')[1], row.statement);
        last = await move();
      }
      const [road] = (await access.rows()).get(name)!.roads;
      // Without session tags EKS is not asked: the aws of the machine may be too old
      const refused = assumes ? PODS_REFUSED : REFUSED;
      return {
        row,
        did: { before, own, last, road },
        expected: {
          before: ends ? IRSA_REFUSED : ON_IRSA,
          own: isTaken(access, shape) ? GOES_ON : refused,
          last: ends ? REFUSED : GOES_ON,
          road: ends ? 'irsa' : 'pod-identity',
        },
      };
    }

    /** An association changes nothing for its pods, be it with its own role or, where EKS refuses that, with another. */
    async function keeping(triple: Triple, role: string): Promise<Tried> {
      const { shape, road } = triple;
      const { keeps } = ROADS[road];
      const { row, before } = await ran(triple, role);
      expect(row.alone ?? row.verdict).not.toMatch(/^ready/);
      const own = await outcomeOf(byHand.moved(name, role));
      const last =
        own === REFUSED ? await outcomeOf(byHand.moved(name, given)) : own;
      const kept =
        SHAPES[shape].ends && keeps === 'irsa'
          ? IRSA_REFUSED
          : `has keys of ${keeps}`;
      return {
        row,
        did: { before, own, last, road: undefined },
        expected: {
          before: kept,
          own: isTaken(access, shape) ? kept : REFUSED,
          last: kept,
        },
      };
    }

    /** An add-on of EKS has the role, whose update takes it along. */
    async function ofAddon({ shape }: Triple, role: string): Promise<Tried> {
      const namespace = 'kube-system';
      const account = 'aws-node';
      const addonName = 'vpc-cni';
      await world.sandbox.aws.eks.putAddon(CLUSTER, {
        addonName,
        serviceAccountRoleArn: role,
      });
      const manager = 'eks';
      await access.runs(name, { role, sdk: NEW, namespace, account, manager });
      const before = keysIn(await byHand.printedBy(name, { namespace }));
      const row = (await access.rows(namespace)).get(account)!;
      const { ends, needsStatement = false, verdict } = SHAPES[shape];
      const moves = needsStatement || ['ready', 'by-rule'].includes(verdict);
      const said = [row.roads, row.verdict, row.movesByHand ?? false];
      expect(said).toEqual([['irsa'], 'add-on', moves]);
      expect(Boolean(row.statement)).toBe(needsStatement);
      const { pod: notBy } = await byHand.printed(name, namespace);
      const update = async () => {
        await byHand.bash(`
aws eks update-addon --region eu-west-1 --cluster-name ${CLUSTER} --addon-name ${addonName} \\
  --pod-identity-associations 'serviceAccount=${account},roleArn=${role}'
aws eks wait addon-active --region eu-west-1 --cluster-name ${CLUSTER} --addon-name ${addonName}`);
        return byHand.printedBy(name, { notBy, namespace });
      };
      const own = await outcomeOf(update());
      let last = own;
      if (row.statement) {
        await byHand.addStatement(role.split('/')[1], row.statement);
        last = await outcomeOf(update());
      }
      const isOne = isTaken(access, shape);
      return {
        row,
        did: { before, own, last, road: undefined },
        expected: {
          before: ends ? IRSA_REFUSED : ON_IRSA,
          own: isOne ? GOES_ON : REFUSED,
          last: isOne || moves ? GOES_ON : REFUSED,
        },
      };
    }

    /** It has an association from the start: one that EKS makes, or one whose role lets Pod Identity in no longer. */
    async function associated({ shape }: Triple, role: string): Promise<Tried> {
      const taken = 'EKS takes the role';
      const own = await byHand
        .associate(name, role)
        .then(() => taken, refusalIn);
      if (own === REFUSED) access.associate(name, role);
      await access.runs(name, { kind: 'none' });
      await access.effective(name);
      await access.runs(name, { sdk: NEW });
      const last = keysIn(await byHand.printedBy(name));
      const row = (await access.rows()).get(name)!;
      const isOne = isTaken(access, shape);
      const works = SHAPES[shape].isOwn ? 'left-over' : 'no-move';
      expect([row.roads, row.verdict]).toEqual([
        ['pod-identity'],
        isOne ? works : 'broken',
      ]);
      return {
        row,
        did: { before: '-', own, last, road: undefined },
        expected: {
          before: '-',
          own: isOne ? taken : REFUSED,
          last: isOne ? GOES_ON : PODS_REFUSED,
        },
      };
    }

    const deedOf = (road: string) =>
      ({ addon: ofAddon, [ASSOCIATED]: associated }[road] ??
      (ROADS[road].keeps ? keeping : moving));

    it.each(rows)('$shape on $road of $maker', async triple => {
      const { shape, road, maker } = triple;
      name = `p${triples.indexOf(triple)}-${maker}`;
      const subject = road === 'addon' ? 'kube-system/aws-node' : name;
      const role = roleOfShape(access, name, triple, subject);
      const { row, did, expected } = await deedOf(road)(triple, role);
      const { before, own, last } = did;
      table.push([
        ...[shape, road, maker, row.verdict],
        ...[before, own, last].map(String),
      ]);
      expect(did).toEqual(expected);
      const isRead = road !== 'irsa-by-hand';
      const isHere = isRead && shape !== 'other-account';
      expect(row.role?.arn).toBe(isRead ? role : undefined);
      expect(row.role?.maker).toBe(isHere ? MAKERS[maker].called : undefined);
    });
  },
);
