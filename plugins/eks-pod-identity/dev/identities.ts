import {
  type Identity,
  type IdentityStatus,
  withWord,
} from 'backstage-plugin-eks-pod-identity-common';

/** Identities of one component, one in each state. */

export const minutesAgo = (minutes: number) =>
  new Date(Date.now() - minutes * 60_000).toISOString();
export const DAY = 24 * 60;

export const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-api',
};
const roleArn =
  'arn:aws:iam::111122223333:role/backstage/eks-payments-prod-payments-payments-api-3f9c21ab';
const docsUrl = 'https://portal.example.com/aws-identities/checks';
const console = 'https://eu-west-1.console.aws.amazon.com';

const healthyPath: Identity['path'] = [
  { id: 'pods', status: 'pass', detail: '5 of 5' },
  {
    id: 'service-account',
    status: 'pass',
    name: 'payments/payments-api',
    detail: '',
  },
  {
    id: 'association',
    status: 'pass',
    name: 'a-0f3e9b2c7d5a4e1f8',
    detail: 'Payments (production)',
    consoleUrl: `${console}/eks`,
  },
  {
    id: 'role',
    status: 'pass',
    name: 'eks-payments-prod-payments-payments-api-3f9c21ab',
    detail: 'trusts it',
    consoleUrl: `${console}/iam`,
  },
  {
    id: 'policies',
    status: 'pass',
    names: ['AmazonS3ReadOnlyAccess'],
    detail: '1 policy',
    consoleUrl: `${console}/iam`,
  },
  {
    id: 'permissions',
    status: 'pass',
    detail: 's3 ls',
    testedAt: minutesAgo(3 * DAY),
  },
];

export const said = (status: IdentityStatus, sentence: string) => ({
  status,
  headline: withWord(status, sentence),
  sentence,
});

export const verified: Identity = {
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

export const replaceHop = (
  hop: Partial<Identity['path'][number]> & {
    id: Identity['path'][number]['id'];
  },
): Identity['path'] =>
  healthyPath.map(each => (each.id === hop.id ? { ...each, ...hop } : each));

export const partlyWorks: Identity = {
  ...verified,
  ...said(
    'partly-works',
    '1 of 5 running pods sets AWS_PROFILE, with which the SDK for Python gets no credentials if there is no such profile.',
  ),
  path: replaceHop({
    id: 'pods',
    status: 'warn',
    detail: 'use other credentials',
    finding: {
      checkId: 'workloads.shadowed',
      message:
        '1 of 5 running pods sets AWS_PROFILE, with which the SDK for Python gets no credentials if there is no such profile.',
      docsUrl: `${docsUrl}#workloadsshadowed`,
      isCause: true,
      waiting: 0,
      fix: {
        cause:
          'SDKs look for credentials in this order: keys, profile, web identity, Pod Identity.',
        actions: ['Take AWS_PROFILE out of the pod template and roll it out.'],
        snippet: {
          language: 'bash',
          text: 'kubectl -n payments set env deployment/payments-report -c app AWS_PROFILE-',
        },
      },
    },
  }),
};

export const restartNeeded: Identity = {
  ...verified,
  ...said(
    'restart-needed',
    '2 pods of Deployment payments-api do not have it yet: restart them.',
  ),
  path: replaceHop({
    id: 'pods',
    status: 'warn',
    detail: '3 of 5',
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

export const broken: Identity = {
  ...verified,
  repair: {
    managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    keepSettings: true,
  },
  provenAt: minutesAgo(3 * DAY),
  ...said(
    'broken',
    'The trust policy allows sts:AssumeRole but not sts:TagSession.',
  ),
  path: healthyPath.map(hop => {
    if (hop.id === 'policies' || hop.id === 'permissions') {
      return { id: hop.id, status: 'skip', detail: '' };
    }
    if (hop.id !== 'role') return hop;
    return {
      ...hop,
      status: 'fail',
      detail: 'does not trust it',
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

export const unseen: Identity = {
  ...verified,
  ...said(
    'could-not-check',
    'The portal has not looked at this identity yet. “Verify now” runs a test pod.',
  ),
  provenAt: undefined,
  lookedAt: undefined,
  path: healthyPath.map(({ id, name, detail, consoleUrl }) => ({
    id,
    status: 'skip',
    name,
    detail: id === 'association' ? detail : '',
    consoleUrl,
  })),
};

/** Before its first setup has gone through, nothing is known to be there. */
export const unset: Identity = {
  ...unseen,
  sources: [],
  association: undefined,
  path: unseen.path.map(hop =>
    hop.id === 'association' || hop.id === 'role'
      ? { id: hop.id, status: 'skip', detail: '' }
      : hop,
  ),
};
