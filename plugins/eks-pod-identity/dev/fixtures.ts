import {
  entityIdentitiesSchema,
  type EntityIdentities,
  type Identity,
  type IdentityStatus,
  withWord,
} from 'backstage-plugin-eks-pod-identity-common';

const minutesAgo = (minutes: number) =>
  new Date(Date.now() - minutes * 60_000).toISOString();
const DAY = 24 * 60;

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-api',
};
const roleArn =
  'arn:aws:iam::111122223333:role/backstage/eks-payments-prod-payments-payments-api-3f9c21ab';
const docsUrl = 'https://portal.example.com/aws-identities/checks';
const console = 'https://eu-west-1.console.aws.amazon.com';

const healthyPath: Identity['path'] = [
  { id: 'pods', status: 'pass', detail: '5 of 5 set up' },
  { id: 'service-account', status: 'pass', detail: 'payments/payments-api' },
  {
    id: 'association',
    status: 'pass',
    name: 'a-0f3e9b2c7d5a4e1f8',
    detail: 'on Payments (production)',
    consoleUrl: `${console}/eks`,
  },
  {
    id: 'role',
    status: 'pass',
    name: 'eks-payments-prod-payments-payments-api-3f9c21ab',
    detail: 'trusted, 1 policy',
    consoleUrl: `${console}/iam`,
  },
  {
    id: 'permissions',
    status: 'pass',
    detail: 's3 ls',
    testedAt: minutesAgo(3 * DAY),
  },
];

const said = (status: IdentityStatus, sentence: string) => ({
  status,
  headline: withWord(status, sentence),
  sentence,
});

const verified: Identity = {
  ref,
  clusterTitle: 'Payments (production)',
  clusterKnown: true,
  sources: ['annotation', 'aws-tag'],
  ...said(
    'verified',
    'A pod of payments-api obtained the role and could list S3.',
  ),
  provenAt: minutesAgo(3 * DAY),
  lookedAt: minutesAgo(3),
  association: {
    id: 'a-0f3e9b2c7d5a4e1f8',
    arn: 'arn:aws:eks:eu-west-1:111122223333:podidentityassociation/payments-prod/a-0f3e9b2c7d5a4e1f8',
    owner: 'portal',
    roleArn,
  },
  path: healthyPath,
  can: { verify: true, remove: true, restart: true },
};

const replaceHop = (
  hop: Partial<Identity['path'][number]> & {
    id: Identity['path'][number]['id'];
  },
): Identity['path'] =>
  healthyPath.map(each => (each.id === hop.id ? { ...each, ...hop } : each));

const degraded: Identity = {
  ...verified,
  ...said(
    'degraded',
    'The add-on of the agent is degraded, although its pods are ready.',
  ),
  path: replaceHop({
    id: 'pods',
    status: 'warn',
    detail: '5 of 5 set up',
    finding: {
      checkId: 'agent.healthy',
      message:
        'The add-on of the agent is degraded, although its pods are ready.',
      docsUrl: `${docsUrl}#agenthealthy`,
      isCause: true,
      waiting: 0,
      fix: {
        cause: 'EKS says InsufficientNumberOfReplicas.',
        actions: ['Ask the platform team to look at the add-on.'],
      },
    },
  }),
};

const restartNeeded: Identity = {
  ...verified,
  ...said(
    'restart-needed',
    '2 pods of Deployment payments-api started earlier: restart them.',
  ),
  path: replaceHop({
    id: 'pods',
    status: 'warn',
    detail: '3 of 5 set up',
    finding: {
      checkId: 'workloads.injected',
      message:
        '2 of 5 running pods of Deployment payments-api were started without the credentials.',
      docsUrl: `${docsUrl}#workloadsinjected`,
      isCause: true,
      waiting: 0,
      fix: {
        cause:
          'Pods only receive the identity when they are created, and these are older than the association.',
        actions: ['Restart the workload once; nothing else has to change.'],
        snippet: {
          language: 'bash',
          text: 'kubectl --namespace payments rollout restart deployment/payments-api',
        },
      },
      restart: [{ kind: 'Deployment', name: 'payments-api', pods: 2 }],
    },
  }),
};

const failed: Identity = {
  ...verified,
  repair: {
    managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    keepSettings: true,
  },
  provenAt: minutesAgo(3 * DAY),
  ...said(
    'failed',
    'The trust policy allows sts:AssumeRole but not sts:TagSession.',
  ),
  path: healthyPath.map(hop => {
    if (hop.id === 'permissions') {
      return {
        ...hop,
        status: 'skip',
        detail: 'not reached',
        testedAt: undefined,
      };
    }
    if (hop.id !== 'role') return hop;
    return {
      ...hop,
      status: 'fail',
      detail: '1 policy',
      finding: {
        checkId: 'role.trust-policy',
        message:
          'The trust policy allows sts:AssumeRole but not sts:TagSession.',
        docsUrl: `${docsUrl}#roletrust-policy`,
        isCause: true,
        waiting: 3,
        fix: {
          cause:
            'EKS Pod Identity tags every session, so AWS refuses to assume a role that does not allow it.',
          actions: [
            'Add sts:TagSession to the statement for pods.eks.amazonaws.com.',
            'Running pods recover by themselves.',
          ],
          rerun: 'as-before',
          snippet: {
            language: 'json',
            text: JSON.stringify(
              {
                Effect: 'Allow',
                Principal: { Service: 'pods.eks.amazonaws.com' },
                Action: ['sts:AssumeRole', 'sts:TagSession'],
              },
              null,
              2,
            ),
          },
        },
      },
    };
  }),
};

const unverified: Identity = {
  ...verified,
  ...said(
    'unverified',
    'The portal has not looked at this identity yet. “Verify now” runs a test pod.',
  ),
  provenAt: undefined,
  lookedAt: undefined,
  path: healthyPath.map(hop => ({
    ...hop,
    status: 'skip',
    testedAt: undefined,
    detail:
      { pods: 'not looked at', permissions: 'none tested', role: '' }[
        hop.id as string
      ] ?? hop.detail,
  })),
};

/** Before its first setup has gone through, nothing is known to be there. */
const unset: Identity = {
  ...unverified,
  sources: [],
  association: undefined,
  path: unverified.path.map(hop =>
    hop.id === 'association' || hop.id === 'role'
      ? { id: hop.id, status: 'skip', detail: '' }
      : hop,
  ),
};

const answer = (
  identities: Identity[],
  more: Partial<EntityIdentities> = {},
): EntityIdentities =>
  entityIdentitiesSchema.parse({
    entityRef: 'component:default/payments-api',
    identities,
    problems: [],
    hidden: 0,
    canCreate: true,
    ...more,
  });

/** The answer of the backend in one state of the card. */
export type Fixture = {
  /** Stable: names of screenshots. */
  id: string;
  title: string;
} & (
  | { answer: EntityIdentities }
  | { status: number; body?: unknown }
  | { pending: true }
);

/** An error as Backstage's root router returns it. */
const error = (statusCode: number, name: string, message: string) => ({
  error: { name, message },
  request: { method: 'GET', url: '/v1/entities' },
  response: { statusCode },
});

/** Every state of the card, each answer parsed by the API's own schemas. */
export const fixtures: Fixture[] = [
  { id: 'loading', title: 'Loading', pending: true },
  { id: 'none', title: 'No association', answer: answer([]) },
  {
    id: 'malformed',
    title: 'Annotation malformed',
    answer: answer([], {
      problems: [
        '"payments-prod/payments" is not a service account reference: write it as <cluster>/<namespace>/<serviceaccount>',
      ],
    }),
  },
  {
    id: 'unknown-cluster',
    title: 'Annotation names an unknown cluster',
    answer: answer([
      {
        ...unverified,
        ref: { ...ref, cluster: 'payments-old' },
        clusterTitle: 'payments-old',
        clusterKnown: false,
        association: undefined,
        path: [],
      },
    ]),
  },
  { id: 'unverified', title: 'New', answer: answer([unverified]) },
  {
    id: 'consistent',
    title: 'Not tested',
    answer: answer([
      {
        ...verified,
        ...said(
          'consistent',
          'the configuration of payments/payments-api on payments-prod looks right, but no test pod has proven it.',
        ),
        provenAt: undefined,
        path: replaceHop({
          id: 'permissions',
          status: 'skip',
          detail: 'none tested',
          testedAt: undefined,
        }),
      },
    ]),
  },
  { id: 'verified', title: 'Verified', answer: answer([verified]) },
  {
    id: 'changed',
    title: 'Changed since test',
    answer: answer([
      {
        ...verified,
        changedSince: 'proof',
        ...said(
          'changed',
          'Something changed since this identity was tested. Verify it again.',
        ),
        provenAt: minutesAgo(3 * DAY),
        lookedAt: minutesAgo(12),
        path: replaceHop({
          id: 'permissions',
          status: 'skip',
          detail: 'none tested',
          testedAt: undefined,
        }),
      },
    ]),
  },
  {
    id: 'restart-needed',
    title: 'Works, restart needed',
    answer: answer([restartNeeded]),
  },
  {
    id: 'degraded',
    title: 'Works, needs attention',
    answer: answer([degraded]),
  },
  { id: 'failed', title: 'Broken', answer: answer([failed]) },
  {
    id: 'inconclusive',
    title: 'Could not check',
    answer: answer([
      {
        ...verified,
        ...said(
          'inconclusive',
          'The probe pod could not start: its image could not be pulled. The identity itself was not disproved.',
        ),
        path: replaceHop({
          id: 'permissions',
          status: 'skip',
          detail: 'not tested',
          testedAt: undefined,
        }),
      },
    ]),
  },
  {
    id: 'verifying',
    title: 'Testing…',
    answer: answer([{ ...verified, verifying: { operationId: 'running' } }]),
  },
  {
    id: 'setting-up',
    title: 'Setting up…',
    answer: answer([
      {
        ...unset,
        change: { kind: 'associate', state: 'running', at: minutesAgo(0) },
      },
    ]),
  },
  {
    id: 'broken-off',
    title: 'Setup cancelled half-way',
    answer: answer([
      {
        ...unset,
        change: { kind: 'associate', state: 'cancelled', at: minutesAgo(2) },
      },
    ]),
  },
  {
    id: 'stale',
    title: 'Out of date',
    answer: answer([
      {
        ...verified,
        provenAt: minutesAgo(9 * DAY),
        lookedAt: minutesAgo(7 * DAY),
        ...said(
          'verified',
          'A pod obtained the role 9 days ago; the cluster could not be read since.',
        ),
        stale: {
          since: minutesAgo(7 * DAY),
          reason: 'the Kubernetes API of payments-prod did not answer',
        },
      },
    ]),
  },
  {
    id: 'several',
    title: 'Several',
    answer: answer(
      [
        failed,
        { ...degraded, ref: { ...ref, serviceAccount: 'payments-worker' } },
        ...Array.from({ length: 28 }, (_, index) => ({
          ...verified,
          ref: { ...ref, serviceAccount: `payments-batch-${index + 1}` },
        })),
      ],
      { hidden: 2 },
    ),
  },
  {
    id: 'forbidden',
    title: 'Not permitted',
    status: 403,
    body: error(403, 'NotAllowedError', 'Unauthorized'),
  },
  {
    id: 'signed-out',
    title: 'Signed out',
    status: 401,
    body: error(401, 'AuthenticationError', 'Missing credentials'),
  },
  { id: 'missing-backend', title: 'Backend missing', status: 404 },
  {
    id: 'unknown-entity',
    title: 'Unknown entity',
    status: 404,
    body: error(
      404,
      'NotFoundError',
      'No entity component:default/payments-api',
    ),
  },
  {
    id: 'error',
    title: 'Error',
    status: 500,
    body: error(500, 'Error', 'The database does not answer.'),
  },
];
