import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import type { SessionPolicy } from '../../aws/account';
import type { Role } from '../../aws/role';
import { PORTAL } from '../../text/voice';
import { type Fact, known } from '../../verification/framework/fact';
import type {
  AccessFacts,
  AnnotatedAccount,
  AskedFor,
  PodsOfAccount,
  SpecsOfAccount,
} from '../facts';
import { judgeAccess } from '../judge';
import { addWorkload, noPods, noSpecs } from '../specs';
import { POD_IDENTITY } from './accessCase';

export const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF';
export const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
export const ARN = 'arn:aws:iam::111122223333:role/api';
export const OTHER = 'arn:aws:iam::111122223333:role/before';
export const oidc = (sub: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: {
    StringEquals: { [`${ISSUER}:sub`]: 'system:serviceaccount:shop:api' },
    ...sub,
  },
});

type ValueOf<F> = F extends Fact<infer Value> ? Value : never;

/** What differs from a service account that is ready. */
export interface World {
  trust?: object[];
  mayAssume?: boolean;
  sessionPolicies?: SessionPolicy[];
  asked?: Record<string, AskedFor>;
  pods?: (pods: PodsOfAccount) => void;
  template?: (template: SpecsOfAccount) => void;
  associated?: boolean;
  /** The SDK that asks. */
  sdk?: string;
  role?: Partial<Role>;
  annotated?: Partial<AnnotatedAccount>;
  use?: Partial<ValueOf<AccessFacts['use']>>;
  facts?: Partial<AccessFacts>;
  /** Moves of a portal edit the trust policies of these roles. */
  editTrust?: string[];
  /** Roles that it assumes itself. */
  portalRoles?: string[];
  /** Where it works. */
  guard?: { allow: string[]; deny: string[] };
  /** Length of the sessions that the program asks for. */
  sessionSeconds?: number;
}

/** The facts of one service account that is ready, but for what differs. */
export function factsOf(world: World): AccessFacts {
  const { asked = { [ARN]: { obtainedAt: '2026-11-29T10:00:00.000Z' } } } =
    world;
  const pods = { ...noPods(), count: 1, keyless: 1 };
  const template = { ...noSpecs(), keyless: 1 };
  const api = { kind: 'Deployment', name: 'api', containers: 1 };
  addWorkload(pods, api);
  addWorkload(template, api);
  pods.nodes.set('node', 1);
  const isMoved = world.associated ?? false;
  pods.roads.set('Deployment api', {
    pods: 1,
    irsa: isMoved ? 0 : 1,
    podIdentity: isMoved ? 1 : 0,
  });
  world.pods?.(pods);
  world.template?.(template);
  const role = {
    arn: ARN,
    name: 'api',
    tags: {},
    trustPolicy: {
      Version: '2012-10-17',
      Statement: world.trust ?? [oidc(), POD_IDENTITY],
    },
    ...world.role,
  } as unknown as Role;
  const key = 'shop/api';
  return {
    cluster: {
      id: 'prod',
      name: 'prod',
      arn: 'arn:aws:eks:eu-west-1:111122223333:cluster/prod',
      accountId: '111122223333',
      partition: 'aws',
      region: 'eu-west-1',
      issuer: ISSUER,
      agentAddress: 'fd00:ec2::23',
      ...(world.guard || world.editTrust
        ? {
            namespaces: world.guard ?? { allow: ['*'], deny: [] },
            editor: {
              patterns: world.editTrust ?? [],
              portalId: 'portal.example.com',
              portalRoles: world.portalRoles ?? [OTHER],
              region: 'eu-west-1',
              voice: PORTAL,
            },
          }
        : {}),
    },
    annotated: known(
      new Map([[key, { roleArn: ARN, byEks: false, ...world.annotated }]]),
    ),
    pods: known({
      of: new Map([[key, pods]]),
      agents: new Set(['node']),
      policies: known(true as const),
    }),
    templates: known({ of: new Map([[key, template]]), unseen: new Map() }),
    nodes: known(new Map([['node', { name: 'node', os: 'linux' }]])),
    associations: known(
      new Map(world.associated ? [[key, { roleArn: ARN }]] : []),
    ),
    addons: known(new Map()),
    providers: known(new Set([PROVIDER])),
    roles: known(
      new Map([
        [
          ARN,
          {
            role,
            mayAssume: world.mayAssume ?? false,
            sessionPolicies: world.sessionPolicies,
          },
        ],
      ]),
    ),
    use: known({
      of: new Map([
        [
          key,
          {
            programs: [
              {
                name: world.sdk ?? 'boto3',
                version: '1.44.8',
                age: 'works' as const,
                ...(world.sessionSeconds
                  ? {
                      sessionSeconds: world.sessionSeconds,
                      sessionAt: '2026-11-29T09:00:00.000Z',
                    }
                  : {}),
                lastAt: '2026-11-29T10:00:00.000Z',
              },
            ],
            roles: new Map(Object.entries(asked)),
            together: 1,
          },
        ],
      ]),
      since: '2026-11-29T08:00:00.000Z',
      isCut: false,
      ofUnknown: 0,
      regions: ['eu-west-1', 'us-east-1'],
      searched: ['eu-west-1', 'us-east-1'].map(region => ({
        region,
        since: '2026-11-29T08:00:00.000Z',
        until: '2026-12-09T09:50:00.000Z',
      })),
      ...world.use,
    }),
    nodeUse: known({ of: new Map() }),
    ...world.facts,
  };
}

/** Its row. */
export const judged = (world: World): AccessRow =>
  judgeAccess(factsOf(world), 0).rows[0];
