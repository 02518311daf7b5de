/**
 * @needs aws kubectl
 * @night `move.lab` moves as it is printed, `move/otherAccount` plans one to another account
 */
import type { MoveStageId } from 'backstage-plugin-eks-pod-identity-common';
import { DEMO_DELAYS, serviceTrust } from 'eks-sandbox';
import { printTable } from 'eks-sandbox/verdicts';
import { AccessWorld } from '../inventory/__testUtils__/AccessWorld';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { Asking } from './__testUtils__/Asking';
import { NAME, NAMESPACE, programs, workload } from './__testUtils__/MoveWorld';
import { printedPlan } from './__testUtils__/printedPlan';

const PARTNER = '444455556666';

/** The options of 2025, for an aws of the machine that is older: it builds them from its model of EKS. */
const NEWER_EKS = `mkdir -p ~/.aws/models/eks/2017-11-01
cat > ~/.aws/models/eks/2017-11-01/service-2.sdk-extras.json <<'END'
${JSON.stringify({
  version: 1,
  merge: {
    shapes: {
      CreatePodIdentityAssociationRequest: {
        members: {
          targetRoleArn: { shape: 'String' },
          disableSessionTags: { shape: 'BoxedBoolean' },
        },
      },
    },
  },
})}
END`;

describe('a move to a role here that goes on to one of another account, as it is printed', () => {
  let world: VerifyWorld;
  let access: AccessWorld;
  let asking: Asking;
  let old: string;
  /** What its owner has for IRSA. */
  let oidc: object;
  const counted: string[][] = [];

  const { byHand, plan, run, stage } = printedPlan(() => access);
  const later = () => world.sandbox.clock.advance(120_000);
  const pass = async (id: MoveStageId) => {
    await run((await stage(id)).commands!);
    await later();
  };
  /** What the owner of the old role does, in an account of which nothing is read. */
  const ownerWrites = async (...statements: object[]) => {
    world.sandbox.aws.iam.updateRole(old, {
      trust: { Version: '2012-10-17', Statement: statements } as any,
    });
    await later();
  };
  /** Since it was counted last. */
  const count = (order: string) => {
    counted.push([order, ...asking.counts(old).map(String)]);
    world.sandbox.calls.reset();
  };
  /** Everything there is of the rehearsal, and the pods of the workload. */
  const state = () => ({
    rehearsals: [
      ...world.sandbox.aws.eks.associations('payments-prod'),
      ...world.kube().list('serviceaccounts', NAMESPACE),
    ].filter(one => JSON.stringify(one).includes('move-rehearsal')),
    pods: world
      .kube()
      .list('pods', NAMESPACE)
      .map(({ metadata }) => metadata.uid)
      .sort(),
  });

  beforeAll(async () => {
    world = await VerifyWorld.start({ delays: DEMO_DELAYS });
    world.sandbox.clock.setRate(10);
    access = new AccessWorld(world);
    await byHand.start(access);
    await byHand.bash(NEWER_EKS);
    asking = new Asking(world, NAMESPACE);
    const { iam } = world.sandbox.aws;
    const Federated = iam.putOidcProvider({
      accountId: PARTNER,
      url: world.kube().issuer,
    });
    oidc = access.oidc(NAME, undefined, { Principal: { Federated } });
    old = iam.putRole({
      accountId: PARTNER,
      name: 'data',
      trust: { Version: '2012-10-17', Statement: [oidc] } as any,
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    }).arn;
    await access.runs(NAME, { role: old, kind: 'none' });
    await world.sandbox.clock.advance(60_000);
    await world.kube().apply(programs('1s').map(workload) as any);
    asking.start();
    while ((await asking.roads()).length < 2) {
      await world.sandbox.clock.sleep(1_000);
    }
  });
  afterAll(async () => {
    printTable(
      ['order', 'calls with keys of the role', 'refused requests for keys'],
      counted,
    );
    asking.stop();
    await world.sandbox.stop();
  });

  it('leaves a role of the same name that others made alone', async () => {
    expect(await asking.roads()).toEqual(['irsa', 'irsa']);
    const { iam } = world.sandbox.aws;
    const { commands } = await stage('role');
    const [, name] = /--role-name (\S+)/.exec(commands!)!;
    const { arn, trust } = iam.putRole({
      name,
      trust: serviceTrust('ec2.amazonaws.com'),
    });
    await expect(run(commands!)).rejects.toThrow(/EntityAlreadyExists/);
    await later();
    expect(iam.role(arn)).toMatchObject({ trust, inline: {} });
    expect(await plan()).toMatchObject({
      sentence: expect.stringContaining('Look whose it is'),
      stages: [],
    });
    iam.deleteRole(arn);
    await later();
  });

  it('touches nothing of the workload while the statements of the owner are missing', async () => {
    await run((await plan()).before!.commands!);
    await pass('role');
    expect(await stage('role')).toMatchObject({ state: 'done' });
    const before = state();
    const { commands } = await stage('rehearsal');
    // The program waits by the clock of the machine
    const soon = commands!.replace('--wait 5m', '--wait 1s');
    await expect(run(soon)).rejects.toThrow(/✗ credentials/);
    await later();
    expect(state()).toEqual({ ...before, rehearsals: [] });
    expect(await asking.roads()).toEqual(['irsa', 'irsa']);
    count('a rehearsal without the statements');
  });

  it('goes there and back: none is refused', async () => {
    await ownerWrites(oidc, ...(await stage('trust')).statements!);
    await pass('rehearsal');
    expect(state().rehearsals).toEqual([]);
    await pass('association');
    await pass('gate');
    expect(await asking.roads()).toEqual(['irsa', 'irsa']);
    // Before anything is restarted nothing has to be restarted on the way back
    await run((await plan()).back!.commands!);
    await pass('association');
    await pass('gate');
    await pass('restart');
    expect((await asking.roads()).sort()).toEqual(['container', 'irsa']);
    await pass('restart');
    expect(await asking.roads()).toEqual(['container', 'container']);
    const { before, commands } = (await plan()).back!;
    await run(`${before} &&\n${commands}`);
    await later();
    expect(await asking.roads()).toEqual(['irsa', 'irsa']);
    expect(await stage('role')).toMatchObject({ state: 'done' });
    expect(asking.refusals()).toEqual([]);
    count('there and back');
  });

  it('goes there to the end, and deletes nothing on a way back that the owner has closed', async () => {
    await pass('association');
    await pass('gate');
    await pass('restart');
    await pass('restart');
    await pass('old-trust');
    await ownerWrites(...(await stage('old-trust')).statements!);
    await asking.look();
    count('there to the end');
    const { commands } = (await plan()).back!;
    await expect(run(commands!)).rejects.toThrow(/AccessDenied/);
    expect(await stage('association')).toMatchObject({ state: 'done' });
    await pass('annotation');
    expect(await plan()).toMatchObject({ verdict: 'no-move', stages: [] });
    expect(await asking.roads()).toEqual(['container', 'container']);
    expect(asking.refusals()).toEqual([]);
  });
});
