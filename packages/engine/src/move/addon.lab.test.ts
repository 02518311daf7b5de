/**
 * @needs aws kubectl
 * @night `move/addon` plans it, `inventory/moves.lab` moves by what is printed
 */
import type { MoveStageId } from 'backstage-plugin-eks-pod-identity-common';
import { DEMO_DELAYS } from 'eks-sandbox';
import { printTable } from 'eks-sandbox/verdicts';
import { AccessWorld } from '../inventory/__testUtils__/AccessWorld';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { Asking } from './__testUtils__/Asking';
import { programs, workload } from './__testUtils__/MoveWorld';
import { printedPlan } from './__testUtils__/printedPlan';

const CLUSTER = 'payments-prod';
const NAMESPACE = 'kube-system';
const ADDON = 'vpc-cni';
const NAME = 'aws-node';

describe('an add-on of EKS, moved as it is printed', () => {
  let world: VerifyWorld;
  let access: AccessWorld;
  let asking: Asking;
  let role: string;
  const counted: string[][] = [];

  const { byHand, plan, run, stage } = printedPlan(() => access, {
    cluster: CLUSTER,
    namespace: NAMESPACE,
    serviceAccount: NAME,
  });
  const later = () => world.sandbox.clock.advance(120_000);
  const pass = async (id: MoveStageId) => {
    await run((await stage(id)).commands!);
    await later();
  };
  const association = () =>
    world.sandbox.aws.eks
      .associations(CLUSTER)
      .find(({ serviceAccount }) => serviceAccount === NAME);
  const roads = async () => [...new Set(await asking.roads())];
  const count = (order: string) => {
    counted.push([order, ...asking.counts(role).map(String)]);
    expect(asking.refusals()).toEqual([]);
    world.sandbox.calls.reset();
  };

  beforeAll(async () => {
    world = await VerifyWorld.start({ delays: DEMO_DELAYS });
    world.sandbox.clock.setRate(10);
    access = new AccessWorld(world);
    await byHand.start(access);
    asking = new Asking(world, NAMESPACE, [NAME]);
    role = access.role('cni', [
      access.oidc(NAME, {
        StringEquals: {
          [`${access.issuer}:sub`]: `system:serviceaccount:${NAMESPACE}:${NAME}`,
          ...access.aud(),
        },
      }),
    ]);
    await world.sandbox.aws.eks.putAddon(CLUSTER, {
      addonName: ADDON,
      serviceAccountRoleArn: role,
    });
    await later();
    await world.kube().apply(
      [
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: {
            name: NAME,
            namespace: NAMESPACE,
            annotations: { 'eks.amazonaws.com/role-arn': role },
          },
        },
        ...programs('5s')
          .map(workload)
          .map(one => ({
            ...one,
            metadata: { ...one.metadata, namespace: NAMESPACE },
            spec: {
              ...one.spec,
              template: {
                ...one.spec.template,
                spec: { ...one.spec.template.spec, serviceAccountName: NAME },
              },
            },
          })),
      ] as any,
      'eks',
    );
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

  it('goes there by its update, which replaces its pods', async () => {
    expect(await roads()).toEqual(['irsa']);
    expect(await plan()).toMatchObject({ verdict: 'add-on', byHand: true });
    await run((await plan()).before!.commands!);
    await pass('trust');
    await pass('rehearsal');
    await pass('association');
    expect(association()).toMatchObject({
      roleArn: role,
      ownerArn: expect.stringContaining(ADDON),
    });
    expect(await roads()).toEqual(['container']);
    for (const id of ['trust', 'association', 'gate', 'restart'] as const) {
      expect(await stage(id)).toMatchObject({ state: 'done' });
    }
    await pass('gate');
    count('there');
  });

  it('stops where the add-on has got other associations since', async () => {
    const { back } = await plan();
    const other = world.sandbox.aws.iam.putRole({
      name: 'cni-metrics',
      trust: JSON.parse(world.sandbox.aws.iam.role(role).trust),
    }).arn;
    const update = (list: object[]) =>
      run(
        `aws eks update-addon --region eu-west-1 --cluster-name ${CLUSTER} --addon-name ${ADDON} --pod-identity-associations '${JSON.stringify(
          list,
        )}' && aws eks wait addon-active --region eu-west-1 --cluster-name ${CLUSTER} --addon-name ${ADDON}`,
      );
    const own = { serviceAccount: NAME, roleArn: role };
    await update([own, { serviceAccount: 'cni-metrics', roleArn: other }]);
    await expect(run(back!.commands!)).rejects.toThrow(
      /has other associations now: make the plan again/,
    );
    expect(association()).toBeDefined();
    // The next plan names them all
    expect((await plan()).back!.commands).toContain('cni-metrics');
    await update([own]);
    await later();
  });

  it('goes back, and there again', async () => {
    const { again, before, commands } = (await plan()).back!;
    await run(`${before} &&\n${commands}`);
    await later();
    expect(association()).toBeUndefined();
    expect(await roads()).toEqual(['irsa']);
    count('back');
    await run(again!);
    await later();
    expect(await roads()).toEqual(['container']);
    count('there again');
    expect(await stage('annotation')).toMatchObject({ state: 'left-out' });
  });
});
