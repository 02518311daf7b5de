import { noEvidence } from 'backstage-plugin-eks-pod-identity-common';
import { known, type Fact } from '../framework/fact';
import { context, HAVING, LACKING, node, pod, run } from './judge';

const ROLE = 'arn:aws:iam::111122223333:role/api';
/** All that a run knows of an identity where all is well. */
export const healthy: Record<string, Fact<unknown>> = {
  cluster: known({
    name: 'payments-prod',
    status: 'ACTIVE',
    kind: 'eks',
    version: '1.33',
    endpointPublicAccess: true,
    healthIssues: [],
  }),
  addon: known({ status: 'ACTIVE', issues: [] }),
  agentDaemonSets: known([
    { namespace: 'kube-system', name: 'agent', desired: 1, ready: 1 },
  ]),
  agentPods: known([{ name: 'agent', nodeName: 'node-1', ready: true }]),
  nodes: known([node('node-1')]),
  nodeRoles: known([]),
  vpcEndpoints: known([]),
  association: known({ id: 'a-1', roleArn: ROLE, disableSessionTags: false }),
  nearby: known([]),
  expected: known({ effectiveRoleArn: ROLE, source: 'input', settings: {} }),
  role: known({
    arn: ROLE,
    name: 'api',
    roleId: 'AROAAPI',
    trustPolicy: {
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        },
      ],
    },
  }),
  rolePolicies: known({ attached: ['arn:p'], inline: [] }),
  roleLimits: known({}),
  targetRole: known(null),
  namespace: known({ name: 'payments', labels: {} }),
  serviceAccount: known({ name: 'api' }),
  pods: known([pod({ containers: [HAVING], uid: 'u' })]),
  evidence: known({
    ...noEvidence('unread'),
    state: 'read',
    readFrom: '2025-12-25T12:00:00.000Z',
    readUntil: '2026-01-01T12:00:00.000Z',
    pods: [{ uid: 'u', name: 'api', lastAt: '2026-01-01T11:59:30.000Z' }],
  }),
  webhook: known(null),
  podRights: known({}),
  dryRuns: known({ irsaInstead: false }),
  admission: known({ answered: 5, injected: 5, addresses: 2, attempts: 5 }),
  ownDryRuns: known({
    runs: [
      {
        kind: 'Deployment',
        name: 'api',
        labels: {},
        admitted: {
          serviceAccount: context.ref.serviceAccount,
          containers: [HAVING],
        },
      },
    ],
    untried: 0,
  }),
  podRun: known(
    run({
      identity: {
        exitCode: 0,
        text: JSON.stringify({
          Arn: 'arn:aws:sts::111122223333:assumed-role/api/eks-a-b-c',
          UserId: 'AROAAPI:eks-a-b-c',
        }),
      },
      imds: { exitCode: 253, text: 'Unable to locate credentials.' },
      permissions: { s3: { exitCode: 0, text: '' } },
    }),
  ),
  workloads: known({
    found: [
      {
        kind: 'Deployment',
        name: 'api',
        by: 'account',
        serviceAccount: context.ref.serviceAccount,
        rolledOut: true,
        template: pod({ containers: [LACKING] }),
      },
    ],
    unseen: [],
  }),
  failedPods: known([]),
  strays: known([]),
  cni: known(null),
  networkPolicies: known([]),
  egressPolicies: known({ policies: [] }),
  gotThrough: known(null),
  usedAsItIs: known(false),
};
