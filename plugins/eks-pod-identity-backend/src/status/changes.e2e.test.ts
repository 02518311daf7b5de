import {
  EKSClient,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks';
import { TestDatabases } from '@backstage/backend-test-utils';
import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { carryOut, tasksByHand } from '../__testUtils__/byHand';
import {
  idleWorkload,
  SandboxPortal,
  startSandboxPortal,
  TIMINGS,
} from '../__testUtils__/sandboxBackend';
import { ShiftedClock } from '../__testUtils__/ShiftedClock';
import {
  ADA,
  associate,
  type Deny,
  follow,
  type Replica,
  verify,
} from '../__testUtils__/testBackend';
import { FOREIGN } from './__testUtils__/cardCatalog';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const REF = {
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount: 'till',
};
const READ = 'eks-pod-identity.association.read';

describe('who changed an identity since it was proven', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  let tasks: ReturnType<typeof tasksByHand>['tasks'];
  let clock: ShiftedClock;
  let eks: EKSClient;
  let deny: Deny;

  const as = (credentials: {
    accessKeyId: string;
    secretAccessKey: string;
  }) => ({
    endpoint: portal.sandbox.awsEndpoint,
    region: portal.sandbox.region,
    maxAttempts: 1,
    credentials,
  });

  beforeEach(async () => {
    deny = () => false;
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'], region: 'eu-central-1' },
      clusters: [{ name: 'payments-prod', id: 'prod' }],
    });
    portal.sandbox.aws.set({ lookupsPerSecond: 1_000 });
    eks = new EKSClient(as(portal.sandbox.credentials.admin));
  });
  afterEach(async () => {
    eks.destroy();
    await portal.stop();
  });

  /** Times of events are whole seconds: what is done later is so by more than one. */
  const later = async () => {
    clock.shift += 10_000;
    await portal.sandbox.clock.advance(10_000);
  };
  const start = async (cloudTrail: boolean) => {
    clock = new ShiftedClock();
    const byHand = tasksByHand();
    tasks = byHand.tasks;
    replica = await portal.start({
      knex: await databases.init('SQLITE_3'),
      clock,
      scheduler: byHand.scheduler,
      deny: (...asked) => deny(...asked),
      section: {
        timings: TIMINGS,
        evidence: { cloudTrail },
        pacing: {
          eksPerSecond: 50,
          iamPerSecond: 50,
          cloudTrailPerSecond: 100,
        },
      },
    });
  };
  const ada = () => replica.as(ADA);
  const run = (body: Parameters<typeof carryOut>[1]) => carryOut(ada(), body);
  const newest = async (): Promise<VerificationReport> => {
    const { items } = await ada().listReports(REF, { limit: 1 });
    return ada().getReport(items[0].id);
  };

  /** Proven, and then given another role, which trusts others. */
  const prove = async () => {
    await portal.sandbox
      .cluster('payments-prod')
      .apply(idleWorkload('till') as never);
    await run(associate('till', { createServiceAccount: 'always' }));
    await later();
    await run(verify('till'));
    await later();
    const proof = await newest();
    expect(proof.way).toBe('proven');
    expect(proof.changes).toBeUndefined();
    return proof;
  };
  const associationOf = (proof: VerificationReport) => ({
    clusterName: 'payments-prod',
    associationId: proof.parts!.association!.id,
  });
  const nameOf = (proof: VerificationReport) =>
    proof.parts!.role!.arn.split('/').pop()!;
  /** CloudTrail records that Ada replaced the trust policy of a role. */
  const trusts = (roleName: string) => {
    const { accountId } = portal.sandbox;
    const { cloudTrail } = portal.sandbox.aws;
    const session = `arn:aws:sts::${accountId}:assumed-role/platform/ada@example.com`;
    cloudTrail.putEvent({
      region: 'us-east-1',
      EventName: 'UpdateAssumeRolePolicy',
      EventSource: 'iam.amazonaws.com',
      ReadOnly: false,
      Resources: [{ ResourceType: 'AWS::IAM::Role', ResourceName: roleName }],
      CloudTrailEvent: {
        userIdentity: {
          type: 'AssumedRole',
          arn: session,
          sessionContext: {
            sessionIssuer: {
              type: 'Role',
              arn: `arn:aws:iam::${accountId}:role/platform`,
            },
          },
        },
        requestParameters: {
          roleName,
          policyDocument: JSON.stringify(FOREIGN),
        },
      },
      late: true,
    });
  };
  const otherRole = async (proof: VerificationReport) => {
    const { iam } = portal.sandbox.aws;
    const { arn } = iam.putRole({
      name: 'other',
      trust: JSON.parse(JSON.stringify(iam.role(proof.parts!.role!.arn).trust)),
    });
    await eks.send(
      new UpdatePodIdentityAssociationCommand({
        ...associationOf(proof),
        roleArn: arn,
      }),
    );
    iam.updateRole(arn, { trust: FOREIGN });
    trusts('other');
    // Not its own any more
    trusts(nameOf(proof));
  };
  it('stands in the report of the run that finds it, and in looks after it', async () => {
    await start(true);
    const proof = await prove();
    const intruder = new EKSClient(as(portal.sandbox.credentials.nobody));
    await expect(
      intruder.send(
        new UpdatePodIdentityAssociationCommand({
          ...associationOf(proof),
          disableSessionTags: true,
        }),
      ),
    ).rejects.toThrow('not authorized');
    intruder.destroy();
    await otherRole(proof);
    await run(verify('till', { probe: 'none' }));
    const { changes, status } = await newest();
    expect(status).toBe('broken');
    expect(changes).toEqual({
      since: proof.finishedAt,
      proven: true,
      differs: [
        `The association has another role: other, not ${nameOf(proof)}.`,
      ],
      events: expect.arrayContaining([
        {
          at: expect.any(String),
          what: `Association given another role: other, not ${nameOf(proof)}.`,
          by: 'platform-admin',
        },
        {
          at: expect.any(String),
          what: 'Trust policy of other replaced.',
          by: 'ada@example.com, as the role platform',
        },
      ]),
    });
    expect(changes!.events).toHaveLength(2);
    await tasks.get('sweep:prod')!(new AbortController().signal);
    const look = await newest();
    expect(look.trigger).toBe('schedule');
    expect(look.changes).toEqual(changes);
  });

  it('@night is searched for by the sweep that sees it first', async () => {
    await start(true);
    const proof = await prove();
    const { arn } = proof.parts!.role!;
    portal.sandbox.aws.iam.updateRole(arn, { trust: FOREIGN });
    const sweep = () => tasks.get('sweep:prod')!(new AbortController().signal);
    await sweep();
    expect((await newest()).changes).toMatchObject({
      events: [],
      lack: expect.stringMatching(/^CloudTrail shows no call/),
    });
    // What it saw was stored before the search for who did it
    const { items } = await ada().listReports(REF);
    const seen = await Promise.all(
      items.slice(0, 2).map(({ id }) => ada().getReport(id)),
    );
    expect(seen.map(({ status }) => status)).toEqual(['broken', 'broken']);
    expect(seen[1].changes?.lack).toBeUndefined();
    trusts(nameOf(proof));
    await later();
    await sweep();
    const { changes, trigger } = await newest();
    expect(trigger).toBe('schedule');
    expect(changes!.events.map(({ by }) => by)).toEqual([
      'ada@example.com, as the role platform',
    ]);
    portal.callsSince();
    await sweep();
    const { all } = portal.callsSince();
    expect(all.filter(call => call.startsWith('cloudtrail'))).toEqual([]);
    expect((await newest()).changes).toEqual(changes);
  });

  it('names no person to those who are not allowed to read the identity', async () => {
    await start(true);
    await otherRole(await prove());
    const { id } = await ada().startOperation(
      verify('till', { probe: 'none' }),
    );
    await follow(ada(), id);
    const report = await newest();
    const answers = async () => {
      const { result } = await ada().getOperation(id);
      const events = await follow(ada(), id);
      return JSON.stringify([await ada().getReport(report.id), result, events]);
    };
    const NAMES = /platform-admin|ada@example/;
    expect(await answers()).toMatch(NAMES);
    // Who asked for a run has its report, whatever else they may read
    deny = (_, permission) => permission === READ;
    const shown = await answers();
    expect(shown).toContain('Association given another role: other');
    expect(shown).not.toMatch(NAMES);
  });

  it('is not searched where the portal reads no evidence; what differs is said all the same', async () => {
    await start(false);
    const proof = await prove();
    await otherRole(proof);
    portal.callsSince();
    await run(verify('till', { probe: 'none' }));
    expect((await newest()).changes).toEqual({
      since: proof.finishedAt,
      proven: true,
      differs: [expect.stringContaining('another role: other')],
      events: [],
    });
    const { all } = portal.callsSince();
    expect(all).toContain('iam:GetRole');
    expect(all.filter(call => call.startsWith('cloudtrail'))).toEqual([]);
  });

  it('@night is not there yet, or not allowed to be read, and no run fails for it', async () => {
    await start(true);
    portal.sandbox.delays.cloudTrail = 900_000;
    const proof = await prove();
    await otherRole(proof);
    await run(verify('till', { probe: 'none' }));
    expect((await newest()).changes).toMatchObject({
      differs: [expect.any(String)],
      events: [],
      lack: 'CloudTrail shows no call that explains this. AWS writes events up to 15 minutes late and keeps them for 90 days.',
    });
    portal.sandbox.aws.iam.updateRole(portal.sandbox.credentials.roles.read, {
      inline: {
        none: {
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Deny', Action: 'cloudtrail:*', Resource: '*' },
            { Effect: 'Allow', Action: '*', Resource: '*' },
          ],
        },
      },
    });
    await run(verify('till', { probe: 'none' }));
    expect((await newest()).changes).toMatchObject({
      events: [],
      lack: ['eu-central-1', 'us-east-1']
        .map(
          region =>
            `CloudTrail was not searched in ${region}: The read role is not allowed to call cloudtrail:LookupEvents in ${region}.`,
        )
        .join(' '),
    });
  });

  it('is what a sweep says of an identity that looks right otherwise than proven', async () => {
    await start(true);
    const proof = await prove();
    portal.sandbox.aws.iam.updateRole(proof.parts!.role!.arn, {
      attached: ['arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess'],
    });
    await tasks.get('sweep:prod')!(new AbortController().signal);
    const look = await newest();
    expect(look.changes).toEqual({
      since: proof.finishedAt,
      proven: true,
      differs: [
        `The policy AmazonSQSReadOnlyAccess is attached to ${nameOf(
          proof,
        )} now.`,
      ],
      events: [],
      lack: expect.stringMatching(/^CloudTrail shows no call/),
    });
    const identity = await ada().getIdentity(REF);
    expect(identity.headline).toContain(
      `The policy AmazonSQSReadOnlyAccess is attached to ${nameOf(
        proof,
      )} now. Not tested since.`,
    );
    expect(identity.changedSince).toBe('proof');
  });
});
