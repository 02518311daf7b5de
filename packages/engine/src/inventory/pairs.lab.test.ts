/** @needs aws kubectl */
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { NEW } from './__testUtils__/accessCase';
import { AccessWorld } from './__testUtils__/AccessWorld';
import { ByHand } from './__testUtils__/ByHand';
import { MAKERS, roleOfShape, SHAPES } from './__testUtils__/trustShapes';

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
    const { verdict, ends, needsStatement, assumes } = SHAPES[pair.shape];
    const { called } = MAKERS[pair.maker];
    const name = `${pair.shape}-${pair.maker}`;
    const roleArn = roleOfShape(access, name, pair);
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
        await byHand.addStatement(roleArn.split('/')[1], row.statement);
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
