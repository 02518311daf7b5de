/** @needs aws kubectl */
import { cloudTrailSource } from '../../evidence/cloudTrail';
import { readEvidence } from '../../evidence/read';
import { realBash } from '../__testUtils__/bash';
import { checkOf, VerifyWorld } from '../__testUtils__/VerifyWorld';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
const MINUTE = 60_000;

/** The commands that a report prints for what AWS recorded of an application, run by the machine's real bash, aws and kubectl. */
describe('the commands for an application', () => {
  let world: VerifyWorld;
  const run = realBash();

  beforeAll(async () => {
    world = await VerifyWorld.start({
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

  const verify = async (id: string) => checkOf(await world.verify({ ref }), id);
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

  const OBTAINED = /^(\d) of \1 running pods obtained/;
  /** A scenario, the checks whose commands are run, and the sentences of the first before and after. */
  const CASES: [string, [string, RegExp][], RegExp, RegExp][] = [
    [
      'application-still-by-irsa',
      [['workloads.obtained', /^kubectl -n \S+ rollout restart \S+$/]],
      /by IRSA too/,
      OBTAINED,
    ],
    [
      'application-irsa-by-hand',
      [['workloads.obtained', /set env \S+ -c app AWS_ROLE_ARN-/]],
      /by IRSA too/,
      OBTAINED,
    ],
    [
      'application-keys-in-environment',
      [['workloads.obtained', /AWS_ACCESS_KEY_ID-/]],
      /^The access key/,
      OBTAINED,
    ],
    [
      'application-uninjected',
      [
        ['workloads.obtained', /hop-limit 1/],
        ['workloads.injected', /restart/],
      ],
      /as the node/,
      OBTAINED,
    ],
    [
      'application-behind-broken-trust-in-java',
      [
        ['workloads.obtained', /hop-limit 1/],
        ['role.trust-policy', /update-assume-role-policy/],
      ],
      /as the node/,
      OBTAINED,
    ],
    [
      'application-denied',
      [['permissions.observed', /put-role-policy/]],
      /^AWS denied the application S3 ListBuckets/,
      /has succeeded since/,
    ],
  ];

  it.each(CASES)('after %s', async (scenario, fixes, before, after) => {
    const { sandbox } = world;
    await sandbox.reset();
    sandbox.aws.set({ lookupsPerSecond: 1_000 });
    await sandbox.client.scenario(scenario);
    await sandbox.clock.advance(20 * MINUTE);
    const [[id]] = fixes;
    const report = await world.verify({ ref });
    const found = checkOf(report, id);
    expect(found.status).toMatch(/warn|note/);
    expect(found.message).toMatch(before);
    const script = fixes
      .map(([of, commands]) => {
        const text = checkOf(report, of).fix!.snippet!.text;
        expect(text).toMatch(commands);
        return text;
      })
      .join('\n');
    const { code, stderr } = await run(
      sandbox,
      sandbox.credentials.admin,
      script,
    );
    expect([code, stderr]).toEqual([0, '']);
    await renewed();
    const { status, message } = await verify(id);
    expect([status, message]).toEqual(['pass', expect.stringMatching(after)]);
  });
});
