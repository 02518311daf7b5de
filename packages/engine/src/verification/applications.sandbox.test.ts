import { cloudTrailSource } from '../evidence/cloudTrail';
import { readEvidence } from '../evidence/read';
import { checkOf, VerifyWorld } from './__testUtils__/VerifyWorld';

jest.setTimeout(60_000);

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
const LOOKUP = 'cloudtrail:LookupEvents';

/** Programs of the sandbox, and what the portal reads of them in CloudTrail over the wire. */
describe('an application in the sandbox', () => {
  let world: VerifyWorld;

  beforeAll(async () => {
    world = await VerifyWorld.start({
      clockRate: 0,
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
    world.sandbox.aws.set({ lookupsPerSecond: 1_000 });
  });
  afterEach(async () => {
    await world.sandbox.reset();
    world.sandbox.aws.set({ lookupsPerSecond: 1_000 });
  });
  afterAll(() => world.stop());

  const verifyAfter = async (scenario: string, laterMs = 20 * 60_000) => {
    await world.sandbox.client.scenario(scenario);
    await world.sandbox.clock.advance(laterMs);
    return world.verify({ ref });
  };
  const said = (
    report: Awaited<ReturnType<typeof verifyAfter>>,
    id: string,
  ) => {
    const { status, message } = checkOf(report, id);
    return `${status}: ${message.replace(/\d\d:\d\d/g, 'hh:mm')}`;
  };
  const OBTAINED =
    /^pass: (\d) of \1 running pods obtained the role themselves, last at hh:mm UTC\.$/;
  const NEVER = /^note: (\d) of \1 running pods never asked for the role/;

  it('that uses its identity is proof by the application', async () => {
    const report = await verifyAfter('application-uses-identity');
    expect(said(report, 'workloads.obtained')).toMatch(OBTAINED);
    expect(said(report, 'permissions.observed')).toMatch(/^pass: AWS denied/);
    expect(said(report, 'role.shared')).toMatch(/^pass: /);
    expect(report.application).toMatchObject({
      pod: { name: expect.stringMatching(/^payments-ledger-/) },
      sdk: 'boto3',
      version: '1.44.8',
      services: expect.arrayContaining(['STS', 'S3']),
    });
    // AWS gives the token with the event.
    expect(JSON.stringify(report)).not.toMatch(/sessionToken|ASIA[A-Z0-9]{6}/);
  });

  // Each takes two seconds. `ALL_APPLICATIONS=1` tries them all; the rules behind the others are in applications.test.ts.
  const FEW: [string, string, RegExp][] = [
    [
      'application-behind-broken-trust-in-java',
      'workloads.obtained',
      /^note: On the node \S+ a program with Java v2 2\.57\.8 called \w+ as the node/,
    ],
    [
      'application-tags-off',
      'workloads.obtained',
      /^pass: Pods of this name obtained the role themselves, last at hh:mm UTC; which of them/,
    ],
  ];
  const FURTHER: [string, string, RegExp][] = [
    [
      'application-still-by-irsa',
      'workloads.obtained',
      /^warn: This service account obtained the role by IRSA too, last at hh:mm UTC \(Go v2 1\.48\.0\)/,
    ],
    ['application-sdk-too-old', 'workloads.obtained', NEVER],
    ['application-behind-proxy-in-go', 'workloads.obtained', NEVER],
    ['application-behind-proxy-in-python', 'workloads.obtained', OBTAINED],
    ['application-never-used', 'workloads.obtained', NEVER],
    [
      'application-keys-in-environment',
      'workloads.obtained',
      /^warn: The access key that stands in the spec of \d of them was used for \w+, last at hh:mm UTC \(JavaScript v3 3\.1173\.0\); /,
    ],
    ['application-agent-down-in-go', 'workloads.obtained', NEVER],
    ['application-with-target-role', 'workloads.obtained', OBTAINED],
    ['application-denied', 'permissions.observed', /^note: AWS denied .*S3/],
    ['application-role-shared', 'role.shared', /: 1 other service account/],
    [
      'application-role-of-two-clusters',
      'role.shared',
      /: 1 other service account/,
    ],
  ];
  it.each(process.env.ALL_APPLICATIONS ? [...FEW, ...FURTHER] : FEW)(
    '%s: %s',
    async (scenario, id, words) => {
      expect(said(await verifyAfter(scenario), id)).toMatch(words);
    },
  );

  it('is not seen yet while events are late', async () => {
    const report = await verifyAfter('application-events-late', 60_000);
    expect(said(report, 'workloads.obtained')).toMatch(
      /^note: \d of \d running pods are not seen yet/,
    );
  });

  it('cannot be seen without the right, which lowers no verdict', async () => {
    world.forbid(LOOKUP);
    const report = await verifyAfter('application-uses-identity');
    expect(report.status).toBe('consistent');
    const check = checkOf(report, 'workloads.obtained');
    expect(check.status).toBe('unknown');
    expect(check.message).toContain(LOOKUP);
    expect(JSON.parse(check.fix!.snippet!.text).Statement).toEqual([
      { Effect: 'Allow', Action: [LOOKUP], Resource: '*' },
    ]);
    expect(checkOf(report, 'role.shared')).toMatchObject({
      status: 'skip',
      becauseOf: 'workloads.obtained',
    });
    expect(report.application).toBeUndefined();
  });
});
