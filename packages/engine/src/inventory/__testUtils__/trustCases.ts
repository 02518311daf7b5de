import {
  type AccessCase,
  ASSUMES,
  dual,
  NEW,
  OLD,
  POD_IDENTITY,
} from './accessCase';

/** Service accounts on IRSA, with roles whose trust policies are of every shape. */
export const TRUST_CASES: AccessCase[] = [
  {
    name: 'exact',
    roads: ['irsa'],
    verdict: 'needs-owner',
    says: /^Ready to move once the trust policy of role r-exact lets Pod Identity in\.$/,
    shapes: ['exact'],
    statement: {
      'aws:RequestTag/kubernetes-namespace': 'shop',
      'aws:RequestTag/kubernetes-service-account': 'exact',
    },
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
    statement: { 'aws:SourceAccount': '111122223333' },
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
    says: /^AWS refused it role r-refused by IRSA at 20.* The trust policy reads as if it let it in:/,
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
              ...Array.from({ length: 30 }, (_, at) => `worker-number-${at}`),
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
    name: 'pathless',
    roads: ['irsa'],
    verdict: 'broken',
    says: /^Role r-pathless does not exist/,
    run: w => {
      w.role('r-pathless', [w.oidc('pathless')], { path: '/apps/' });
      return { role: w.arn('r-pathless'), sdk: NEW };
    },
  },
  {
    name: 'idle',
    roads: ['irsa'],
    verdict: 'unknown',
    says: /^Cannot tell/,
    run: w => ({ role: dual(w, 'idle'), kind: 'none' }),
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
    trustSays: /which is not the provider of this cluster$/,
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
];
