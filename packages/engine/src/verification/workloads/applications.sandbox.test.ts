import { cloudTrailSource } from '../../evidence/cloudTrail';
import { readEvidence } from '../../evidence/read';
import { checkOf, VerifyWorld } from '../__testUtils__/VerifyWorld';

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
    return `${status}: ${message.replace(
      /(on [\d-]+ )?at \d\d:\d\d/g,
      'at hh:mm',
    )}`;
  };
  const OBTAINED =
    /^pass: (\d) of \1 running pods obtained the role themselves, last at hh:mm UTC\.$/;
  const NEVER = /^note: (\d) of \1 running pods never asked for the role/;
  const BY_IRSA =
    /^warn: This service account obtained the role by IRSA too, last at hh:mm UTC \(Go v2 1\.48\.0\)/;
  const JAVA = /Java v2 2\.57\.8/;
  const asNode = ({ source }: RegExp) =>
    new RegExp(
      `^note: On the node \\S+ a program with ${source} called \\w+ as the node`,
    );

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

  /** By scenario, what the checks say of it. */
  const SAID: Record<string, Record<string, RegExp>> = {
    'application-sdk-too-old': { 'workloads.obtained': NEVER },
    'application-sdk-too-old-becomes-node': {
      'workloads.obtained':
        /^note: On the node \S+ a program with Java v2 2\.20\.0 \(too old for Pod Identity: 2\.21\.29 is the oldest known to work\) called \w+ as the node/,
    },
    'application-keys-in-environment': {
      'workloads.obtained':
        /^warn: The access key that stands in the spec of \d of them was used for \w+, last at hh:mm UTC \(JavaScript v3 3\.1173\.0\); /,
      'workloads.shadowed':
        /^warn: .* set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which JavaScript v3, seen in use here, uses before/,
    },
    'application-keys-in-secret': {
      'workloads.obtained': NEVER,
      'workloads.shadowed':
        /^note: .* take variables from Secret legacy-keys, which is not read here/,
    },
    'application-keys-in-home': {
      'workloads.obtained': NEVER,
      'workloads.shadowed': /^warn: .* mount a volume at ~\/\.aws/,
    },
    'application-keys-in-file': {
      'workloads.obtained': NEVER,
      'workloads.shadowed': /^warn: .* set AWS_SHARED_CREDENTIALS_FILE/,
    },
    'application-behind-proxy-in-go': {
      'workloads.obtained': NEVER,
      'workloads.unsupported': /^warn: .* Go v2, Go v1 and Rust get no/,
    },
    'application-behind-proxy-in-python': {
      'workloads.obtained': OBTAINED,
      'workloads.unsupported':
        /^note: .* does not matter to boto3, seen in use here/,
    },
    'application-profile-missing-in-python': {
      'workloads.obtained': NEVER,
      'workloads.shadowed': /^warn: .* set AWS_PROFILE/,
    },
    'application-agent-down-in-java': { 'workloads.obtained': asNode(JAVA) },
    'application-agent-down-in-go': { 'workloads.obtained': NEVER },
    'application-behind-broken-trust-in-java': {
      'workloads.obtained': asNode(JAVA),
      'role.trust-policy': /^fail: /,
    },
    'application-uninjected': {
      'workloads.obtained': asNode(/boto3 1\.44\.8/),
      'workloads.injected': /^warn: (\d) of \1 running pods run without/,
    },
    'application-still-by-irsa': { 'workloads.obtained': BY_IRSA },
    'application-irsa-by-hand': {
      'workloads.obtained': BY_IRSA,
      'workloads.shadowed': /^warn: .* set AWS_ROLE_ARN/,
    },
    'application-role-shared': {
      'workloads.obtained': OBTAINED,
      'role.shared': /: 1 other service account/,
    },
    'application-never-used': { 'workloads.obtained': NEVER },
    'application-denied': {
      'workloads.obtained': OBTAINED,
      'permissions.observed': /^note: AWS denied .*S3/,
    },
    'application-tags-off': {
      'workloads.obtained':
        /^pass: Pods of this name obtained the role themselves, last at hh:mm UTC; which of them/,
    },
    'application-with-target-role': { 'workloads.obtained': OBTAINED },
    'application-role-of-two-clusters': {
      'workloads.obtained': OBTAINED,
      'role.shared': /: 1 other service account/,
    },
  };
  it.each(Object.keys(SAID))('%s', async scenario => {
    const report = await verifyAfter(scenario);
    for (const [id, words] of Object.entries(SAID[scenario])) {
      expect(said(report, id)).toMatch(words);
    }
  });

  it('is every one that the sandbox knows', async () => {
    const names = (await world.sandbox.client.scenarios())
      .map(({ name }) => name)
      .filter(name => name.startsWith('application-'));
    expect(names.sort()).toEqual(
      [
        ...Object.keys(SAID),
        'application-uses-identity',
        'application-events-late',
      ].sort(),
    );
  });

  it('is not seen yet while events are late', async () => {
    const report = await verifyAfter('application-events-late', 60_000);
    expect(said(report, 'workloads.obtained')).toMatch(
      /^skip: \d of \d running pods are not seen yet/,
    );
  });

  it('cannot be seen without the right, which lowers no verdict', async () => {
    world.forbid(LOOKUP);
    const report = await verifyAfter('application-uses-identity');
    expect(report.status).toBe('looks-right');
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
