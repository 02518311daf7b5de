/** @needs aws kubectl */
import { cloudTrailSource } from '../evidence/cloudTrail';
import { readEvidence } from '../evidence/read';
import { realBash } from './__testUtils__/bash';
import { checkOf, VerifyWorld } from './__testUtils__/VerifyWorld';

jest.setTimeout(120_000);

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
const MINUTE = 60_000;

/** The commands that a report prints for roads beside Pod Identity, run by the machine's real bash and kubectl. */
describe('the commands against other roads', () => {
  let world: VerifyWorld;
  const run = realBash();

  beforeAll(async () => {
    world = await VerifyWorld.start({
      section: { pacing: { cloudTrailPerSecond: 1_000, replicas: 1 } },
      verification: {
        evidence: request =>
          readEvidence(
            cloudTrailSource(world.clusters),
            request,
            world.clock.now(),
          ),
      },
    });
    await run(
      world.sandbox,
      world.sandbox.credentials.admin,
      'aws eks update-kubeconfig --region eu-west-1 --name payments-prod',
    );
  });
  afterAll(() => world.stop());

  const obtained = async () =>
    checkOf(await world.verify({ ref }), 'workloads.obtained');
  /** Until new pods run, have obtained the role, and AWS shows it. */
  const renewed = async () => {
    const { sandbox } = world;
    await sandbox
      .cluster(ref.cluster)
      .waitFor(
        'deployments',
        ref.namespace,
        ref.serviceAccount,
        object =>
          object?.status?.observedGeneration === object?.metadata.generation &&
          object?.status?.updatedReplicas === object?.spec.replicas &&
          object?.status?.availableReplicas === object?.spec.replicas &&
          object?.status?.replicas === object?.spec.replicas,
      );
    await sandbox.clock.advance(60 * MINUTE);
  };

  it.each([
    ['application-still-by-irsa', /by IRSA too/, /annotate[^]*restart/],
    [
      'application-keys-in-environment',
      /^The access key/,
      /AWS_ACCESS_KEY_ID-/,
    ],
  ])('after %s', async (scenario, words, commands) => {
    const { sandbox } = world;
    await sandbox.reset();
    sandbox.aws.set({ lookupsPerSecond: 1_000 });
    await sandbox.client.scenario(scenario);
    await sandbox.clock.advance(20 * MINUTE);
    const found = await obtained();
    expect(found).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(words),
    });
    const script = found.fix!.snippet!.text;
    expect(script).toMatch(commands);
    const { code, stderr } = await run(
      sandbox,
      sandbox.credentials.admin,
      script,
    );
    expect([code, stderr]).toEqual([0, '']);
    await renewed();
    expect(await obtained()).toMatchObject({
      status: 'pass',
      message: expect.stringMatching(/^(\d) of \1 running pods obtained/),
    });
  });
});
