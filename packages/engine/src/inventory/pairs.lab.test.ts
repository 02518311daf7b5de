/** @needs aws kubectl */
import type { AccessVerdict } from 'backstage-plugin-eks-pod-identity-common';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { ASSUMES, NEW, POD_IDENTITY } from './__testUtils__/accessCase';
import { AccessWorld } from './__testUtils__/AccessWorld';
import { ByHand } from './__testUtils__/ByHand';

type Statement = Record<string, unknown>;

/** How the trust policy of a role is written, and what becomes of a move by hand. */
interface Shape {
  trust(w: AccessWorld, name: string, roleArn: string): Statement[];
  verdict: AccessVerdict;
  /** The row prints a statement, without which the move fails. */
  needsStatement?: boolean;
  /** What ends the move, or what is so before it. */
  ends?: 'EKS refuses the role' | 'IRSA is refused today';
  assumes?: boolean;
}

const OTHER = '0123456789ABCDEF0123456789ABCDEF';
const issuer = `oidc.eks.eu-west-1.amazonaws.com/id/${OTHER}`;
const itself = (roleArn: string) => ({
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: 'sts:AssumeRole',
  Condition: { ArnLike: { 'aws:PrincipalArn': roleArn } },
});

const SHAPES: Record<string, Shape> = {
  exact: {
    trust: (w, name) => [w.oidc(name)],
    verdict: 'needs-owner',
    needsStatement: true,
  },
  dual: {
    trust: (w, name) => [w.oidc(name), POD_IDENTITY],
    verdict: 'ready',
  },
  several: {
    trust: (w, name) => [
      w.oidc('', { StringEquals: { ...w.sub(name, 'worker'), ...w.aud() } }),
      POD_IDENTITY,
    ],
    verdict: 'ready',
  },
  'several-clusters': {
    trust: (w, name) => [
      w.oidc(name),
      {
        ...w.oidc(''),
        Principal: {
          Federated: `arn:aws:iam::111122223333:oidc-provider/${issuer}`,
        },
        Condition: {
          StringEquals: {
            [`${issuer}:sub`]: `system:serviceaccount:a:${name}`,
          },
        },
      },
      POD_IDENTITY,
    ],
    verdict: 'ready',
  },
  pattern: {
    trust: (w, name) => [
      w.oidc('', { StringLike: w.sub(`${name.slice(0, -2)}*`) }),
      POD_IDENTITY,
    ],
    verdict: 'by-rule',
  },
  'no-subject': {
    trust: w => [w.oidc('', { StringEquals: w.aud() }), POD_IDENTITY],
    verdict: 'by-rule',
  },
  'no-audience': {
    trust: (w, name) => [
      w.oidc('', { StringEquals: w.sub(name) }),
      POD_IDENTITY,
    ],
    verdict: 'ready',
  },
  'never-matches': {
    trust: (w, name) => [
      w.oidc('', { StringEquals: w.sub(`${name.slice(0, -2)}*`) }),
    ],
    verdict: 'broken',
    ends: 'IRSA is refused today',
  },
  'other-audience': {
    trust: (w, name) => [
      w.oidc('', { StringEquals: { ...w.sub(name), ...w.aud('vault') } }),
    ],
    verdict: 'broken',
    ends: 'IRSA is refused today',
  },
  conditions: {
    trust: (w, name) => [
      w.oidc('', {
        StringEquals: { ...w.sub(name), ...w.aud() },
        StringNotEquals: { 'aws:SourceVpc': 'vpc-none' },
      }),
      POD_IDENTITY,
    ],
    verdict: 'needs-owner',
  },
  itself: {
    trust: (w, name, roleArn) => [w.oidc(name), POD_IDENTITY, itself(roleArn)],
    verdict: 'ready',
  },
  'dead-principal': {
    trust: (w, name) => [
      w.oidc(name),
      POD_IDENTITY,
      {
        Effect: 'Allow',
        Principal: { AWS: 'AIDACKCEVSQ6C2EXAMPLE' },
        Action: 'sts:AssumeRole',
      },
    ],
    verdict: 'ready',
  },
  assumes: {
    trust: (w, name) => [w.oidc(name)],
    verdict: 'needs-owner',
    needsStatement: true,
    assumes: true,
  },
  'other-account': {
    trust: () => [],
    verdict: 'needs-target',
    ends: 'EKS refuses the role',
  },
};

/** What the makers of roles leave on them, and what the look calls them. */
const MAKERS: Record<
  string,
  { called?: string; tags?: Record<string, string>; suffix?: string }
> = {
  cli: {},
  stack: {
    called: 'CloudFormation',
    tags: { 'aws:cloudformation:stack-name': 'payments' },
  },
  eksctl: {
    called: 'eksctl',
    tags: {
      'aws:cloudformation:stack-name': 'eksctl-payments-addon',
      'alpha.eksctl.io/iamserviceaccount-name': 'shop/api',
    },
  },
  terraform: { called: 'Terraform', tags: { ManagedBy: 'Terraform' } },
  untagged: { called: 'Terraform', suffix: '-20240611093027514200000003' },
  ack: { called: 'ACK', tags: { 'services.k8s.aws/namespace': 'infra' } },
};

const makers = Object.keys(MAKERS);
/** Each shape once, each maker at least twice; `npm run trials` has every pair. */
const isInSample = (shape: number, maker: string) =>
  makers[shape % makers.length] === maker;
const pairs = Object.keys(SHAPES).flatMap((shape, index) =>
  makers
    .filter(
      maker => process.env.EKS_TEST_ACCESS_PAIRS || isInSample(index, maker),
    )
    .map(maker => ({ shape, maker })),
);

describe('every trust policy of every maker, moved by hand', () => {
  let world: VerifyWorld;
  let access: AccessWorld;
  const byHand = new ByHand();

  beforeAll(async () => {
    world = await VerifyWorld.start();
    access = new AccessWorld(world);
    await byHand.start(access);
  });
  afterAll(() => world.sandbox.stop());

  it.each(pairs)('$shape of $maker', async pair => {
    const { trust, verdict, ends, needsStatement, assumes } =
      SHAPES[pair.shape];
    const { called, tags, suffix = '' } = MAKERS[pair.maker];
    const name = `${pair.shape}-${pair.maker}`;
    const role = `r-${name}${suffix}`;
    const roleArn =
      pair.shape === 'other-account'
        ? `arn:aws:iam::444455556666:role/${role}`
        : access.role(role, trust(access, name, access.arn(role)), {
            tags,
            ...(assumes ? ASSUMES : {}),
          });
    await access.runs(name, { role: roleArn, sdk: NEW });
    if (!ends) await access.asked(name);
    const row = (await access.rows()).get(name)!;
    expect([row.verdict, Boolean(row.statement)]).toEqual([
      verdict,
      needsStatement ?? false,
    ]);
    const isHere = ends !== 'EKS refuses the role';
    expect(row.role?.arn).toBe(roleArn);
    expect(row.role?.maker).toBe(isHere ? called : undefined);
    expect(await outcome()).toBe(ends ?? 'goes on');
    await byHand.bash(`kubectl -n shop scale deployment/${name} --replicas=0`);

    async function outcome() {
      const printed = async () => (await byHand.printed(name)).last;
      if (ends === 'IRSA is refused today') {
        while (!(await printed())) await world.sandbox.clock.advance(1_000);
        return /AccessDenied/.test((await printed())!) ? ends : printed();
      }
      const move = () => byHand.moved(name, roleArn, !assumes);
      if (row.statement) {
        // Without it EKS refuses the association, or the pods get nothing
        const without = await move().catch(error => error.message);
        if (/ ok$/.test(without)) return without;
        await byHand.addStatement(role, row.statement);
      }
      try {
        const last = await move();
        const { roads } = (await access.rows()).get(name)!;
        return /with keys of container: .* ok$/.test(last) &&
          roads[0] === 'pod-identity'
          ? 'goes on'
          : last;
      } catch (error) {
        return /AccessDenied|InvalidParameter/.test((error as Error).message)
          ? 'EKS refuses the role'
          : error;
      }
    }
  });
});
