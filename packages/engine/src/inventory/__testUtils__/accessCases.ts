import type {
  AccessRoad,
  AccessVerdict,
  TrustShape,
} from 'backstage-plugin-eks-pod-identity-common';
import { type AccessWorld, type RunInput } from './AccessWorld';

const NEW = 'boto3/1.44.8';
const OLD = 'boto3/1.28.85';
const POD_IDENTITY = {
  Effect: 'Allow',
  Principal: { Service: 'pods.eks.amazonaws.com' },
  Action: ['sts:AssumeRole', 'sts:TagSession'],
};
const ASSUMES = {
  inline: {
    chain: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Resource: 'arn:aws:iam::444455556666:role/partner',
        },
      ],
    },
  },
};

/** A service account, and what the look has to say of it. */
export interface AccessCase {
  name: string;
  roads: AccessRoad[];
  verdict: AccessVerdict;
  says: RegExp;
  shapes?: TrustShape[];
  further?: RegExp;
  /** AWS recorded it before the look. */
  asks?: boolean;
  run(world: AccessWorld): RunInput;
  then?(world: AccessWorld): Promise<unknown>;
}

/** Of a role that both roads let in. */
const dual = (w: AccessWorld, name: string, more?: object) =>
  w.role(`r-${name}`, [w.oidc(name), POD_IDENTITY], more);

/** Service accounts of every road, with roles of every shape. */
export const CASES: AccessCase[] = [
  {
    name: 'exact',
    roads: ['irsa'],
    verdict: 'needs-owner',
    says: /^Ready to move once the trust policy of role r-exact lets Pod Identity in\.$/,
    shapes: ['exact'],
    further:
      /^Its trust policy takes one more statement: \{"Effect":"Allow","Principal":\{"Service":"pods\.eks/,
    asks: true,
    run: w => ({ role: w.role('r-exact', [w.oidc('exact')]), sdk: NEW }),
  },
  {
    name: 'dual',
    roads: ['irsa'],
    verdict: 'ready',
    says: /^Ready to move: /,
    shapes: ['exact', 'dual'],
    asks: true,
    run: w => ({ role: dual(w, 'dual'), sdk: NEW }),
  },
  {
    name: 'old-sdk',
    roads: ['irsa'],
    verdict: 'blocked',
    says: /^botocore 1\.28\.85 does not know|^boto3 1\.28\.85 does not know Pod Identity; 1\.29\.0 is the oldest/,
    asks: true,
    run: w => ({ role: dual(w, 'old-sdk'), sdk: OLD }),
  },
  {
    name: 'chains',
    roads: ['irsa'],
    verdict: 'ready-tags-off',
    says: /^Ready to move without session tags, because role r-chains may assume other roles/,
    asks: true,
    run: w => ({ role: dual(w, 'chains', ASSUMES), sdk: NEW }),
  },
  {
    name: 'chains-too',
    roads: ['irsa'],
    verdict: 'needs-owner',
    says: /^Ready to move once the trust policy of role r-chains-too lets Pod Identity in\.$/,
    further: /"aws:SourceAccount":"111122223333"/,
    asks: true,
    run: w => ({
      role: w.role('r-chains-too', [w.oidc('chains-too')], ASSUMES),
      sdk: NEW,
    }),
  },
  {
    name: 'several',
    roads: ['irsa'],
    verdict: 'ready',
    says: /^Ready to move/,
    shapes: ['several', 'no-audience', 'dual'],
    asks: true,
    run: w => ({
      role: w.role('r-several', [
        w.oidc('', { StringEquals: w.sub('several', 'worker') }),
        POD_IDENTITY,
      ]),
      sdk: NEW,
    }),
  },
  {
    name: 'several-clusters',
    roads: ['irsa'],
    verdict: 'ready',
    says: /^Ready to move/,
    shapes: ['exact', 'several-clusters', 'dual'],
    asks: true,
    run: w => ({
      role: w.role('r-several-clusters', [
        w.oidc('several-clusters'),
        {
          ...w.oidc(''),
          Principal: {
            Federated:
              'arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
          },
          Condition: {
            StringEquals: {
              'oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub':
                'system:serviceaccount:shop:several-clusters',
            },
          },
        },
        POD_IDENTITY,
      ]),
      sdk: NEW,
    }),
  },
  {
    name: 'pattern',
    roads: ['irsa'],
    verdict: 'by-rule',
    says: /^Role r-pattern lets the pattern shop\/pat\* in; each service account/,
    shapes: ['pattern'],
    asks: true,
    run: w => ({
      role: w.role('r-pattern', [
        w.oidc('', { StringLike: w.sub('pat*'), StringEquals: w.aud() }),
      ]),
      sdk: NEW,
    }),
  },
  {
    name: 'no-subject',
    roads: ['irsa'],
    verdict: 'by-rule',
    says: /^Role r-no-subject lets every service account of the cluster in/,
    shapes: ['no-subject'],
    asks: true,
    run: w => ({
      role: w.role('r-no-subject', [w.oidc('', { StringEquals: w.aud() })]),
      sdk: NEW,
    }),
  },
  {
    name: 'never-matches',
    roads: ['irsa'],
    verdict: 'broken',
    says: /^Role r-never-matches does not let it in by IRSA/,
    shapes: ['never-matches'],
    asks: true,
    run: w => ({
      role: w.role('r-never-matches', [
        w.oidc('', { StringEquals: { ...w.sub('never*'), ...w.aud() } }),
      ]),
      sdk: NEW,
    }),
  },
  {
    name: 'other-audience',
    roads: ['irsa'],
    verdict: 'broken',
    says: /^Role r-other-audience does not let it in by IRSA/,
    shapes: ['exact', 'other-audience'],
    run: w => ({
      role: w.role('r-other-audience', [
        w.oidc('', {
          StringEquals: { ...w.sub('other-audience'), ...w.aud('vault') },
        }),
      ]),
    }),
  },
  {
    name: 'own-audience',
    roads: ['irsa'],
    verdict: 'unknown',
    says: /^Cannot tell: its SDK was not seen/,
    shapes: ['exact', 'other-audience', 'dual'],
    run: w => ({
      role: w.role('r-own-audience', [
        w.oidc('', {
          StringEquals: { ...w.sub('own-audience'), ...w.aud('vault') },
        }),
        POD_IDENTITY,
      ]),
      annotations: { 'eks.amazonaws.com/audience': 'vault' },
    }),
  },
  {
    name: 'refused',
    roads: ['irsa'],
    verdict: 'broken',
    says: /^AWS refused it role r-refused by IRSA at 20.*, although the trust policy reads as if it let it in\./,
    run: w => ({ role: dual(w, 'refused') }),
    then: async w => w.refuse('refused'),
  },
  {
    name: 'other-account',
    roads: ['irsa'],
    verdict: 'needs-target',
    says: /^Its role is of account 444455556666\./,
    run: () => ({ role: 'arn:aws:iam::444455556666:role/partner', sdk: NEW }),
  },
  {
    name: 'conditions',
    roads: ['irsa'],
    verdict: 'needs-owner',
    says: /asks for aws:SourceIp, which Pod Identity does not carry over/,
    shapes: ['exact', 'conditions', 'dual'],
    run: w => ({
      role: w.role('r-conditions', [
        w.oidc('', {
          StringEquals: { ...w.sub('conditions'), ...w.aud() },
          IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
          Bool: { 'aws:SecureTransport': 'true' },
        }),
        POD_IDENTITY,
      ]),
    }),
  },
  {
    name: 'itself',
    roads: ['irsa'],
    verdict: 'ready',
    says: /^Ready to move/,
    shapes: ['exact', 'dual', 'assumes-itself'],
    asks: true,
    run: w => ({
      role: w.role('r-itself', [
        w.oidc('itself'),
        POD_IDENTITY,
        {
          Sid: 'ExplicitSelfRoleAssumption',
          Effect: 'Allow',
          Principal: { AWS: '*' },
          Action: 'sts:AssumeRole',
          Condition: {
            ArnLike: {
              'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/r-itself',
            },
          },
        },
      ]),
      sdk: NEW,
    }),
  },
  {
    name: 'full',
    roads: ['irsa'],
    verdict: 'not-allowed',
    says: /no room for another statement: it would have \d{4} characters/,
    asks: true,
    run: w => ({
      role: w.role('r-full', [
        w.oidc('', {
          StringEquals: {
            ...w.sub(
              'full',
              ...Array.from({ length: 36 }, (_, at) => `worker-number-${at}`),
            ),
            ...w.aud(),
          },
        }),
      ]),
      sdk: NEW,
    }),
  },
  {
    name: 'no-role',
    roads: ['irsa'],
    verdict: 'broken',
    says: /^Role r-gone does not exist/,
    run: () => ({ role: 'arn:aws:iam::111122223333:role/r-gone', sdk: NEW }),
  },
  {
    name: 'no-arn',
    roads: ['irsa'],
    verdict: 'broken',
    says: /^Its annotation holds "r-gone", which is not the ARN of a role\.$/,
    run: () => ({ role: 'r-gone' }),
  },
  {
    name: 'dead-cluster',
    roads: ['irsa'],
    verdict: 'broken',
    says: /^Role r-dead-cluster does not let it in/,
    further: /which is not the provider of this cluster\.$/,
    run: w => ({
      role: w.role('r-dead-cluster', [
        {
          ...w.oidc('dead-cluster'),
          Principal: {
            Federated:
              'arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/FEDCBA9876543210FEDCBA9876543210',
          },
        },
      ]),
    }),
  },
  {
    name: 'keys',
    roads: ['static-keys'],
    verdict: 'no-move',
    says: /^Its pods set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.*no role to move/,
    run: () => ({
      env: { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' },
    }),
  },
  {
    name: 'keys-beside',
    roads: ['static-keys', 'irsa'],
    verdict: 'no-move',
    says: /which SDKs take before the identity that it has/,
    run: w => ({
      role: dual(w, 'keys-beside'),
      env: { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' },
    }),
  },
  {
    name: 'by-hand',
    roads: ['irsa-by-hand'],
    verdict: 'no-move',
    says: /Take the variables out of the pod template/,
    run: () => ({
      env: {
        AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/x',
        AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token',
      },
    }),
  },
  {
    name: 'kube2iam',
    roads: ['kube2iam'],
    verdict: 'no-move',
    says: /^Its pods ask kube2iam for legacy-role\./,
    run: () => ({
      podAnnotations: { 'iam.amazonaws.com/role': 'legacy-role' },
    }),
  },
  {
    name: 'moved',
    roads: ['pod-identity'],
    verdict: 'no-move',
    says: /^It has Pod Identity\.$/,
    run: () => ({}),
    then: async w => {
      w.associate('moved', w.role('r-moved', [POD_IDENTITY]));
    },
  },
  {
    name: 'left-over',
    roads: ['pod-identity', 'irsa'],
    verdict: 'left-over',
    says: /still there: the annotation of IRSA, 1 of 1 pods on IRSA and the statement for IRSA of its role\.$/,
    asks: true,
    run: w => ({ role: dual(w, 'left-over'), sdk: NEW }),
    then: async w => w.associate('left-over', w.arn('r-left-over')),
  },
  {
    name: 'cron',
    roads: ['irsa'],
    verdict: 'unknown',
    says: /^Cannot tell: its SDK was not seen: CloudTrail has no call by IRSA of it since 20/,
    further: /^No pod of it runs now/,
    run: w => ({ role: dual(w, 'cron'), kind: 'CronJob', sdk: NEW }),
  },
  {
    name: 'bare-pod',
    roads: ['irsa'],
    verdict: 'unknown',
    says: /^Cannot tell: 1 of its pods has no workload/,
    asks: true,
    run: w => ({ role: dual(w, 'bare-pod'), kind: 'Pod', sdk: NEW }),
  },
  {
    name: 'proxied',
    roads: ['irsa'],
    verdict: 'blocked',
    says: /through a proxy, which Go v2 obeys\. Add 169\.254\.170\.23 to NO_PROXY\.$/,
    asks: true,
    run: w => ({
      role: dual(w, 'proxied'),
      sdk: 'go-v2/1.48.0',
      env: { HTTP_PROXY: 'http://proxy.example.com:3128' },
    }),
  },
  {
    name: 'proxied-python',
    roads: ['irsa'],
    verdict: 'ready',
    says: /^Ready to move/,
    asks: true,
    run: w => ({
      role: dual(w, 'proxied-python'),
      sdk: NEW,
      env: { HTTP_PROXY: 'http://proxy.example.com:3128' },
    }),
  },
  {
    name: 'policed',
    roads: ['irsa'],
    verdict: 'blocked',
    says: /^NetworkPolicy policed keeps its pods from the agent/,
    asks: true,
    run: w => ({ role: dual(w, 'policed'), sdk: NEW }),
    then: w =>
      w.world.kube().apply({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'policed', namespace: 'shop' },
        spec: {
          podSelector: { matchLabels: { app: 'policed' } },
          policyTypes: ['Egress'],
          egress: [{ ports: [{ port: 443, protocol: 'TCP' }] }],
        },
      } as any),
  },
  {
    name: 'pinned',
    roads: ['irsa'],
    verdict: 'blocked',
    says: /^container app is told to use web identity alone/,
    asks: true,
    run: w => ({
      role: dual(w, 'pinned'),
      sdk: 'java-v1/1.12.797',
      env: {
        JAVA_TOOL_OPTIONS:
          '-Dfs.s3a.aws.credentials.provider=com.amazonaws.auth.WebIdentityTokenCredentialsProvider',
      },
    }),
  },
  {
    name: 'unannotated',
    roads: ['irsa'],
    verdict: 'broken',
    says: /^1 of its 1 pods run on IRSA, and the annotation is gone: pods that start now get no identity\.$/,
    asks: true,
    run: w => ({ role: dual(w, 'unannotated'), sdk: NEW }),
    then: w =>
      w.world.kube().apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'unannotated', namespace: 'shop', annotations: {} },
      } as any),
  },
  {
    name: 'two-containers',
    roads: ['irsa'],
    verdict: 'unknown',
    says: /^Cannot tell: 1 of 2 containers were seen to ask/,
    asks: true,
    run: w => ({
      role: dual(w, 'two-containers'),
      sdk: NEW,
      spec: {
        containers: [
          { name: 'app', image: 'registry.example.com/app' },
          { name: 'mesh', image: 'registry.example.com/mesh' },
        ],
      },
    }),
  },
  {
    name: 'shared-host',
    roads: ['irsa'],
    verdict: 'ready',
    says: /^Ready to move/,
    further: /^Its pods use the network of their node/,
    asks: true,
    run: w => ({
      role: dual(w, 'shared-host'),
      sdk: NEW,
      spec: { hostNetwork: true },
    }),
  },
  {
    name: 'plain',
    roads: [],
    verdict: 'unknown',
    says: /^$/,
    run: () => ({}),
  },
];

/** Makes them all, and waits until AWS has recorded that those asked which are to. */
export async function makeAll(world: AccessWorld): Promise<void> {
  for (const { name, run } of CASES) await world.runs(name, run(world));
  const asking = CASES.filter(({ asks }) => asks).map(({ name }) => name);
  await world.asked(...asking);
  for (const { then } of CASES) await then?.(world);
}
