import type {
  Identity,
  IdentityStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  broken,
  partlyWorks,
  replaceHop,
  restartNeeded,
  said,
  unset,
  verified,
} from './identities';

type Finding = Partial<
  NonNullable<Identity['path'][number]['finding']> & { detail: string }
>;

/** An identity whose way is proven, and whose pods lack it. */
const ofPods = (
  status: IdentityStatus,
  sentence: string,
  { detail = '', ...finding }: Finding,
): Identity => ({
  ...verified,
  ...said(status, sentence),
  path: replaceHop({
    id: 'pods',
    status: 'warn',
    detail,
    finding: {
      checkId: 'workloads.injected',
      message: sentence,
      docsUrl: 'https://portal.example.com/aws-identities/checks',
      isCause: true,
      waiting: 0,
      ...finding,
    },
  }),
});

const untested = replaceHop({
  id: 'permissions',
  status: 'skip',
  detail: 'not tested',
  testedAt: undefined,
});

/** One identity in each status, with a sentence as the portal says it. */
export const byStatus: Record<IdentityStatus, Identity> = {
  broken,
  'no-pod-has-it': ofPods(
    'no-pod-has-it',
    '5 of 5 running pods opted out of Pod Identity: 5 of Deployment payments-api.',
    {
      detail: '0 of 5',
      fix: {
        cause:
          'A label of these pods keeps the webhook from giving them the identity.',
        actions: [
          'Take eks.amazonaws.com/skip-pod-identity-webhook out of the pod template and roll it out.',
        ],
      },
    },
  ),
  'other-identity': ofPods(
    'other-identity',
    '5 of 5 running pods set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which every SDK uses before Pod Identity.',
    {
      detail: '5 of 5 use static keys',
      checkId: 'workloads.shadowed',
      fix: {
        cause:
          'SDKs look for credentials in this order: keys, profile, web identity, Pod Identity.',
        actions: [
          'Take AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY out of the pod template and roll it out.',
        ],
        snippet: {
          language: 'bash',
          text: 'kubectl -n payments set env deployment/payments-api -c app AWS_ACCESS_KEY_ID- AWS_SECRET_ACCESS_KEY-',
        },
      },
    },
  ),
  'pods-not-started': ofPods(
    'pods-not-started',
    'No pod of Deployment payments-api runs: the image of its container app cannot be pulled (ImagePullBackOff).',
    { detail: '0 of 3 run' },
  ),
  'restart-needed': restartNeeded,
  'partly-works': partlyWorks,
  'could-not-check': {
    ...verified,
    ...said(
      'could-not-check',
      'The probe pod could not start: its image could not be pulled. The identity itself was not disproved.',
    ),
    path: untested,
  },
  'setting-up': {
    ...verified,
    ...said(
      'setting-up',
      'AWS does not let the role in yet. The association was created 40 seconds ago, and such a change takes up to five minutes.',
    ),
    provenAt: undefined,
    path: untested,
  },
  'rolling-out': {
    ...verified,
    ...said('rolling-out', 'a roll-out is under way: 2 of 5 new pods run.'),
    path: replaceHop({ id: 'pods', status: 'pass', detail: '2 of 5' }),
  },
  'looks-right': {
    ...verified,
    ...said(
      'looks-right',
      'the configuration of payments/payments-api on payments-prod is as it should be, but no test pod has proven it.',
    ),
    provenAt: undefined,
    path: untested,
  },
  'no-workload': {
    ...verified,
    ...said(
      'no-workload',
      'no pod runs under the service account of payments/payments-api on payments-prod, and no workload names it; a test pod obtained the role.',
    ),
    path: replaceHop({ id: 'pods', status: 'skip', detail: 'none' }),
  },
  'no-identity': {
    ...unset,
    sources: ['annotation'],
    ...said(
      'no-identity',
      'there is no association for payments/payments-api on payments-prod.',
    ),
  },
  'uses-irsa': {
    ...unset,
    sources: ['annotation'],
    ...said(
      'uses-irsa',
      'Pods get role invoice-archiver by IRSA: the service account has its annotation, and no association.',
    ),
  },
  verified,
};
