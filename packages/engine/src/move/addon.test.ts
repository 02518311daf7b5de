import type {
  MovePlan,
  MoveStageId,
} from 'backstage-plugin-eks-pod-identity-common';
import { POD_IDENTITY } from '../inventory/__testUtils__/accessCase';
import {
  ARN,
  factsOf,
  ISSUER,
  oidc,
  OTHER,
  type World,
} from '../inventory/__testUtils__/readyFacts';
import type { AddonInUse, AssociationOfAccount } from '../inventory/facts';
import { known, lacking } from '../verification/framework/fact';
import { plannerOf, planOf } from './planMove';

const REF = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const OWNER = 'arn:aws:eks:eu-west-1:111122223333:addon/prod/vpc-cni/1';
/** Associations of the add-on. */
const METRICS = { arn: 'arn:metrics', roleArn: OTHER, ownerArn: OWNER };
const OWN = { arn: 'arn:api', roleArn: ARN, ownerArn: OWNER };
const ADDON: AddonInUse = {
  name: 'vpc-cni',
  version: 'v1.20.1-eksbuild.1',
  namespace: 'shop',
  takesPodIdentity: known(['api']),
};
const DENY = { ...POD_IDENTITY, Effect: 'Deny' };
/** As long as IAM takes it, nearly. */
const FULL = Array.from({ length: 8 }, (_, at) => ({
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::111122223333:role/${'x'.repeat(100)}${at}` },
  Action: 'sts:AssumeRole',
}));
const NOW = Date.parse('2026-11-29T12:00:00Z');
const lack = lacking({ kind: 'denied', sentence: 'Not allowed to.' });

interface Case {
  having?: AddonInUse[];
  associations?: [string, AssociationOfAccount][];
  world?: World;
}

/** A service account with the role of these add-ons, and the associations of the cluster. */
function planned({ having = [ADDON], associations = [], world }: Case = {}) {
  const facts = factsOf({
    annotated: { byEks: true },
    ...world,
    facts: {
      addons: known(new Map([[ARN, having]])),
      associations: known(new Map(associations)),
      ...world?.facts,
    },
  });
  return planOf(facts, REF, NOW)!;
}

const stageOf = (plan: MovePlan, id: MoveStageId) =>
  plan.stages.find(one => one.id === id)!;
const words = (plan: MovePlan) => JSON.stringify(plan.stages);
const moved: World = {
  pods: pods =>
    pods.roads.set('Deployment api', { pods: 1, irsa: 0, podIdentity: 1 }),
};

describe('a move by the update of an add-on', () => {
  it('names all associations that the add-on has, and keeps the role for IRSA', () => {
    const plan = planned({
      associations: [
        ['shop/metrics', METRICS],
        ['shop/web', { arn: 'arn:web', roleArn: OTHER }],
        ['shop/dns', { ...METRICS, ownerArn: OWNER.replace('vpc-', 'x') }],
      ],
    });
    expect(plan).toMatchObject({ byHand: true, verdict: 'add-on' });
    const { commands = '' } = stageOf(plan, 'association');
    const [, list] = /--pod-identity-associations '(.*?)'/.exec(commands)!;
    expect(JSON.parse(list)).toEqual([
      { serviceAccount: 'metrics', roleArn: OTHER },
      { serviceAccount: 'api', roleArn: ARN },
    ]);
    expect(commands).toContain(`--service-account-role-arn ${ARN}`);
    // Those that were read, or nothing is updated
    expect(commands).toContain('" = arn:metrics ]');
  });

  it.each<[string, Case]>([
    ['no version supports it', { having: [without([])] }],
    ['the version supports others only', { having: [without(['web'])] }],
    ['that was not read', { having: [{ ...ADDON, takesPodIdentity: lack }] }],
    ['two add-ons have its role', { having: [ADDON, without(['api'])] }],
    [
      'others made its association',
      { associations: [['shop/api', { roleArn: ARN }]] },
    ],
    [
      'not all of the list was read',
      { associations: [['shop/metrics', { ...METRICS, roleArn: undefined }]] },
    ],
    [
      'the associations were not read',
      { world: { facts: { associations: lack } } },
    ],
    ['the roles were not read', { world: { facts: { roles: lack } } }],
    ['its pods were not read', { world: { facts: { pods: lack } } }],
    ['its workloads were not read', { world: { facts: { templates: lack } } }],
    [
      'the add-on is in another namespace',
      { having: [{ ...ADDON, namespace: 'kube-system' }] },
    ],
    // The writer of an annotation chooses the name that says it was EKS
    [
      'the role does not let it in by IRSA',
      { world: { trust: [POD_IDENTITY], asked: {} } },
    ],
    ['the role keeps Pod Identity out', { world: { trust: [oidc(), DENY] } }],
    [
      'the role asks for what Pod Identity does not carry over',
      {
        world: {
          trust: [oidc({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })],
        },
      },
    ],
    ['the trust policy has no room', { world: { trust: [oidc(), ...FULL] } }],
    [
      'its pods would have no agent',
      { world: { pods: pods => pods.nodes.set('fargate-ip-10-0-1-1', 1) } },
    ],
  ])('has no plan where %s', (_, one) => {
    expect(planned(one)).toMatchObject({ stages: [] });
    expect(planned(one).back).toBeUndefined();
  });

  it('says that session tags stay, where the role goes on to others', () => {
    expect(words(planned())).not.toMatch(/carry session tags/);
    const plan = planned({ world: { mayAssume: true } });
    expect(words(plan)).toMatch(/carry session tags/);
    expect(words(plan)).not.toMatch(/disable-session-tags/);
  });

  it('promises no edit of a trust policy by a portal', () => {
    const trust = [oidc()];
    const world = {
      trust,
      editTrust: ['*'],
      role: { tags: { 'backstage.io/edit-trust': 'portal.example.com' } },
    };
    const plan = planned({ world });
    expect(plan).not.toHaveProperty('ownStatement');
    expect(words(plan)).not.toMatch(/editTrust/);
    expect(stageOf(plan, 'trust').commands).toContain('update-assume-role');
  });

  it('leaves the others whom a pattern of its role lets in their IRSA', () => {
    const sub = { [`${ISSUER}:sub`]: 'system:serviceaccount:shop:a*' };
    const trust = [{ ...oidc(), Condition: { StringLike: sub } }];
    const plan = planned({ world: { trust } });
    expect(plan).toMatchObject({ byHand: true, verdict: 'add-on' });
    expect(stageOf(plan, 'association').commands).toContain('update-addon');
    expect(plan.back!.possible).toBe(true);
    const { commands, notes, state } = stageOf(plan, 'old-trust');
    expect([state, commands]).toEqual(['left-out', undefined]);
    expect(notes.join()).toMatch(/lets others in by the same rule/);
  });

  it('goes back by an update without its association', () => {
    const plan = planned({
      associations: [
        ['shop/metrics', METRICS],
        ['shop/api', OWN],
      ],
      world: moved,
    });
    const { possible, commands = '', again = '' } = plan.back!;
    expect(possible).toBe(true);
    expect(commands).not.toContain('"serviceAccount":"api"');
    expect(commands).toContain('"serviceAccount":"metrics"');
    expect(commands).toContain('" = arn:api,arn:metrics ]');
    // EKS replaces them all, whatever they held
    expect(commands).toContain('rollout restart deployment/api');
    expect(again).toContain('"serviceAccount":"api"');
    expect(again).toContain('" = arn:metrics ]');
    expect(stageOf(plan, 'annotation').state).toBe('left-out');
  });

  it('is over with the annotation of EKS still there', () => {
    const plan = planned({
      associations: [['shop/api', OWN]],
      world: { ...moved, trust: [POD_IDENTITY] },
    });
    expect(plan).toMatchObject({ verdict: 'no-move', stages: [] });
  });
});

describe('what a plan for an add-on leaves alone', () => {
  const associations: Case['associations'] = [['shop/api', OWN]];

  it('has no way back where the add-on has no such role any more', () => {
    const facts = {
      addons: known(new Map([[OTHER, [ADDON]]])),
    };
    const { back } = planned({ associations, world: { ...moved, facts } });
    expect(back).toMatchObject({ possible: false });
    expect(back!.notes.join()).toMatch(/vpc-cni has no such role for IRSA/);
  });

  it('makes no association by itself in the middle of a way back', () => {
    const { again, commands } = planned({
      having: [{ ...ADDON, takesPodIdentity: lack }],
      world: moved,
    }).back!;
    expect(again).toBeUndefined();
    expect(commands).toContain('rollout restart');
    const supported = planned({ world: moved }).back!.again;
    expect(supported).toContain('update-addon');
  });

  it('is for administrators: it names other service accounts of the add-on', () => {
    const role = (byEks: boolean) =>
      plannerOf(
        factsOf({
          annotated: { byEks },
          facts: { addons: known(new Map([[ARN, [ADDON]]])) },
        }),
        NOW,
      ).roleOf(REF);
    expect(role(true)).toMatchObject({ namesOthers: true });
    expect(role(false)).toMatchObject({ namesOthers: false });
  });
});

function without(names: string[]): AddonInUse {
  return { ...ADDON, name: 'coredns', takesPodIdentity: known(names) };
}
