import { type AccessCase, dual, NEW, POD_IDENTITY } from './accessCase';
import { onPool } from './AccessWorld';

/** Service accounts whose pods get to AWS by every road, and what keeps them from Pod Identity. */
export const POD_CASES: AccessCase[] = [
  {
    name: 'keys',
    roads: ['static-keys'],
    verdict: 'no-move',
    says: /^Its pods set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.*no role to move/,
    run: () => ({
      sdk: NEW,
      env: { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' },
    }),
  },
  {
    name: 'keys-beside',
    roads: ['static-keys', 'irsa'],
    verdict: 'no-move',
    says: /which SDKs use before the identity that it has/,
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
    name: 'by-hand-as-the-webhook',
    roads: ['irsa-by-hand'],
    verdict: 'no-move',
    says: /^Its pods set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE\. Take the variables out of the pod template/,
    run: w => {
      const directory = '/var/run/secrets/eks.amazonaws.com/serviceaccount';
      const source = {
        path: 'token',
        audience: 'sts.amazonaws.com',
        expirationSeconds: 86_400,
      };
      return {
        sdk: NEW,
        spec: {
          volumes: [
            {
              name: 'aws-iam-token',
              projected: { sources: [{ serviceAccountToken: source }] },
            },
          ],
          containers: [
            {
              name: 'app',
              image: 'registry.example.com/app',
              env: [
                {
                  name: 'AWS_ROLE_ARN',
                  value: dual(w, 'by-hand-as-the-webhook'),
                },
                {
                  name: 'AWS_WEB_IDENTITY_TOKEN_FILE',
                  value: `${directory}/token`,
                },
              ],
              volumeMounts: [{ name: 'aws-iam-token', mountPath: directory }],
            },
          ],
        },
      };
    },
  },
  {
    name: 'aws-secret',
    roads: ['secret'],
    verdict: 'unknown',
    says: /^Cannot tell: its pods take variables from Secret aws-keys, whose name suggests access keys\. Secrets are not read here\./,
    run: () => ({
      spec: {
        containers: [
          {
            name: 'app',
            image: 'registry.example.com/app',
            envFrom: [{ secretRef: { name: 'aws-keys', optional: true } }],
          },
        ],
      },
    }),
  },
  {
    name: 'kube2iam',
    roads: ['kube2iam'],
    verdict: 'no-move',
    says: /^Its pods ask kube2iam for legacy-role\./,
    run: () => ({
      sdk: NEW,
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
    name: 'long-session',
    roads: ['irsa'],
    verdict: 'blocked',
    says: /^A program of it asked for 12-hour sessions at 20.* UTC\. Pod Identity's last 6 hours\.$/,
    run: w => ({ role: dual(w, 'long-session'), sdk: NEW }),
    then: async w =>
      w.record('long-session', {
        requestParameters: {
          roleArn: w.arn('r-long-session'),
          durationSeconds: 12 * 3_600,
        },
      }),
  },
  {
    name: 'named-session',
    roads: ['irsa'],
    verdict: 'blocked',
    says: /^AWS would refuse calls of its pods: a policy depends on the session name nightly-1, which they set, and Pod Identity names sessions itself\./,
    trustSays:
      /^Policy nightly-only of role r-named-session depends on the name of the session/,
    asks: true,
    run: w => ({
      role: dual(w, 'named-session', {
        inline: {
          'nightly-only': {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Deny',
                Action: 's3:*',
                Resource: '*',
                Condition: { StringNotLike: { 'aws:userid': '*:nightly*' } },
              },
            ],
          },
        },
      }),
      sdk: NEW,
      env: { AWS_ROLE_SESSION_NAME: 'nightly-1' },
      podAnnotations: { 'sandbox.example.com/calls': 's3:ListBuckets' },
    }),
  },
  {
    name: 'unnamed-session',
    roads: ['irsa'],
    verdict: 'unknown',
    says: /^Cannot tell: a policy depends on the name of its session, and whether its programs set that name is not known\./,
    trustSays:
      /^The trust policy of another role depends on the name of a session of role r-unnamed-session\.$/,
    asks: true,
    run: w => ({ role: dual(w, 'unnamed-session'), sdk: NEW }),
    then: async w =>
      w.role('r-lets-in', [
        {
          Effect: 'Allow',
          Principal: { AWS: w.session('r-unnamed-session', 'nightly') },
          Action: 'sts:AssumeRole',
        },
      ]),
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
    verdict: 'unknown',
    says: /^Cannot tell: NetworkPolicy policed bars its pods from the agent as its rules read, and whether the cluster enforces them is not known\.$/,
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
    says: /^The settings of container app allow web identity alone/,
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
    name: 'kube2iam-beside',
    roads: ['irsa', 'kube2iam'],
    verdict: 'ready',
    says: /^Ready to move/,
    asks: true,
    run: w => ({
      role: dual(w, 'kube2iam-beside'),
      sdk: NEW,
      podAnnotations: { 'iam.amazonaws.com/role': 'legacy-role' },
    }),
  },
  {
    name: 'on-fargate',
    roads: ['irsa'],
    verdict: 'blocked',
    says: /^Its pods run on Fargate, where Pod Identity does not work\./,
    run: w => ({ role: dual(w, 'on-fargate'), sdk: NEW }),
  },
  {
    name: 'on-windows',
    roads: ['irsa'],
    verdict: 'blocked',
    says: /^Its pods run on Windows, where Pod Identity does not work\./,
    run: w => ({
      role: dual(w, 'on-windows'),
      sdk: NEW,
      spec: onPool('windows'),
    }),
  },
  {
    name: 'without-agent',
    roads: ['irsa'],
    verdict: 'blocked',
    says: /^No agent is ready on 1 of the 1 nodes that its pods run on/,
    run: w => ({
      role: dual(w, 'without-agent'),
      sdk: NEW,
      spec: onPool('hybrid'),
    }),
  },
  {
    name: 'near-the-node',
    roads: ['irsa'],
    verdict: 'blocked',
    says: /^Java v2 2\.20\.0 does not know Pod Identity/,
    asks: true,
    run: w => ({
      role: dual(w, 'near-the-node'),
      sdk: 'java-v2/2.20.0',
      spec: onPool('open'),
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
