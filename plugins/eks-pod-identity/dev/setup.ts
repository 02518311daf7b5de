import {
  type ClusterSetup,
  type Setup,
  setupSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { minutesAgo } from './reports';

/** A cluster whose setup lacks nothing. */
export const setupOf = (cluster: string, title: string): ClusterSetup => ({
  cluster,
  title,
  lookedAt: minutesAgo(0),
  answers: [
    {
      role: 'read',
      subject: 'role',
      status: 'pass',
      message:
        'AWS knows the caller as arn:aws:iam::111122223333:role/portal/backstage-eks-read.',
    },
    {
      role: 'read',
      subject: 'reading',
      status: 'pass',
      message: 'AWS allows all 14 reads.',
    },
  ],
});

/** Gaps of the portal and of a cluster, one that could not be tried, and a cluster that was not looked at. */
export const setupWithGaps: Setup = setupSchema.parse({
  portal: [
    {
      id: 'portal-id',
      status: 'fail',
      message:
        "The portal is marked as localhost:7007, as every portal on a developer's machine is.",
      fix: {
        cause:
          'Without eksPodIdentity.portalId it is the host of app.baseUrl. Portals of one name in one account take each other’s identities for their own.',
        actions: [
          'Choose a name before the first identity: what was made under another is not recognised.',
        ],
        snippet: {
          language: 'yaml',
          text: 'eksPodIdentity:\n  portalId: portal.example.com',
        },
      },
    },
    {
      id: 'permissions',
      status: 'pass',
      message: 'The permission framework is on.',
    },
    {
      id: 'docs',
      status: 'unknown',
      message:
        'Findings link to https://docs.example.com/checks. Open it once: the portal cannot tell whether your browser reaches it.',
      url: 'https://docs.example.com/checks',
    },
    {
      id: 'signals',
      status: 'unknown',
      message:
        'The signals backend is not in this process; discovery.endpoints says that others exist, which this plugin cannot ask.',
    },
  ],
  clusters: [
    {
      cluster: 'payments-prod',
      title: 'Payments (production)',
      lookedAt: minutesAgo(12),
      answers: [
        ...setupOf('payments-prod', '').answers,
        {
          role: 'read',
          subject: 'cluster',
          status: 'pass',
          message:
            'EKS has arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod, 1.33, ACTIVE.',
        },
        {
          role: 'verify',
          subject: 'kubernetes',
          status: 'fail',
          message:
            'Kubernetes denies create pods in payments, delete pods in payments.',
          fix: {
            cause: 'The groups of the role lack these RBAC rules.',
            actions: ['Apply the manifest, or the file, which has all rules.'],
            snippet: {
              language: 'yaml',
              text: 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: backstage-eks-pod-identity-added-verify-1f3a2b4c\n  namespace: payments\nrules:\n  - apiGroups: [""]\n    resources: ["pods"]\n    verbs: ["create", "delete"]',
            },
          },
          artefact: {
            file: 'deploy/rbac.yaml',
            section: 'docs/permissions.md#kubernetes-verifying',
          },
        },
        {
          role: 'write',
          subject: 'changing',
          status: 'unknown',
          message:
            'Not tried: AWS does not let the role that reads simulate changes (iam:SimulatePrincipalPolicy).',
          artefact: {
            file: 'deploy/cloudformation.yaml',
            section: 'docs/permissions.md#aws-verifying',
          },
        },
      ],
    },
    { cluster: 'orders-legacy', title: 'orders-legacy', answers: [] },
  ],
});
