import type { Manifest } from '../kubernetes';
import { portalClusterRole } from '../seed/manifests';
import { breaking, Scenario } from './scenario';
import type { Stage } from './stage';

type Use = 'read' | 'verify' | 'write';

const USES: readonly Use[] = ['read', 'verify', 'write'];

function expel(stage: Stage, uses: readonly Use[]): void {
  for (const use of uses) {
    stage.aws.eks.deleteAccessEntry(
      stage.cluster,
      stage.context.credentials.roles[use],
    );
  }
}

/** Takes a statement, by its Sid, from what the portal's write role may do. */
function forbid(stage: Stage, sid: string): void {
  const arn = stage.context.credentials.roles.write;
  const { iam } = stage.aws;
  iam.updateRole(arn, {
    inline: Object.fromEntries(
      Object.entries(iam.role(arn).inline).map(([name, text]) => {
        const policy = JSON.parse(text);
        return [
          name,
          {
            ...policy,
            Statement: policy.Statement.filter(
              (statement: { Sid?: string }) => statement.Sid !== sid,
            ),
          },
        ];
      }),
    ),
  });
}

/** The ConfigMap of a cluster that knows nothing else: its nodes and its administrator. */
function awsAuth({ aws, cluster, context }: Stage): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'aws-auth', namespace: 'kube-system' },
    data: {
      mapRoles: `- rolearn: arn:aws:iam::${aws.mainAccount}:role/${cluster}-nodes
  username: system:node:{{EC2PrivateDNSName}}
  groups:
    - system:bootstrappers
    - system:nodes
`,
      mapUsers: `- userarn: ${context.credentials.admin.arn}
  username: admin
  groups:
    - system:masters
`,
    },
  };
}

/** What the portal itself meets. */
export const portalScenarios: Record<string, Scenario> = {
  'role-spreads-slowly': breaking({
    rows: ['16'],
    description: 'Lets each new role take 15 s to reach EKS.',
    shows: 'An associate waits until EKS sees the role.',
    break: ({ context }) => {
      context.core.delays.iam = 15_000;
    },
  }),
  'portal-may-not-pass-roles': breaking({
    rows: ['43'],
    description: "Takes iam:PassRole from the portal's write role.",
    shows: 'An associate fails with the statement that is missing.',
    break: stage => forbid(stage, 'PassRolesToPodIdentityOnly'),
  }),
  'portal-may-not-delete-associations': breaking({
    rows: ['44'],
    description:
      "Takes the right to change associations from the portal's write role.",
    shows: 'A teardown fails with the statement that is missing.',
    break: stage => forbid(stage, 'ChangeAssociations'),
  }),
  'portal-not-admitted': breaking({
    rows: ['45'],
    description: "Deletes the access entries of the portal's roles.",
    shows: 'The cluster does not know the portal.',
    break: stage => expel(stage, USES),
  }),
  'portal-not-admitted-by-config-map': breaking({
    rows: ['45'],
    description:
      "Deletes the access entries of the portal's roles, in a cluster that knows the aws-auth ConfigMap only.",
    shows: 'The cluster does not know the portal.',
    async break(stage) {
      expel(stage, USES);
      await stage.kube.apply(awsAuth(stage));
      stage.aws.eks.updateCluster(stage.cluster, {
        authenticationMode: 'CONFIG_MAP',
      });
    },
  }),
  'portal-without-rights': breaking({
    rows: ['46'],
    description: "Deletes the ClusterRoleBindings of the portal's roles.",
    shows: 'The portal may read nothing in the cluster.',
    async break({ kube }) {
      for (const use of USES) {
        await kube.delete(
          'clusterrolebindings',
          undefined,
          portalClusterRole(use),
        );
      }
    },
  }),
  'verify-role-not-admitted': breaking({
    rows: ['E8'],
    description: "Deletes the access entry of the portal's verify role only.",
    shows: 'Reading works, creating the probe pod does not.',
    break: stage => expel(stage, ['verify']),
  }),
  'api-not-reached': breaking({
    rows: ['47'],
    description: 'Breaks every connection to the Kubernetes APIs.',
    shows: 'The Kubernetes API does not answer.',
    break(stage) {
      stage.aws.eks.updateCluster(stage.cluster, {
        endpointPublicAccess: false,
      });
      stage.context.core.faults.add({ pattern: 'kubernetes:*', kind: 'reset' });
    },
  }),
  'api-goes-away': breaking({
    rows: ['E11'],
    description: 'Breaks the next five connections to the Kubernetes APIs.',
    shows: 'Reads are asked again; nothing is wrong.',
    break: ({ context }) =>
      context.core.faults.add({
        pattern: 'kubernetes:*',
        kind: 'reset',
        times: 5,
      }),
  }),
  'api-throttles': breaking({
    rows: ['E10'],
    description: 'Lets the Kubernetes APIs answer 429.',
    shows: 'The cluster limits the requests of the portal.',
    break: ({ context }) =>
      context.core.faults.add({ pattern: 'kubernetes:*', kind: 'throttle' }),
  }),
  'clock-ahead': breaking({
    rows: ['52'],
    description: 'Puts the clocks of AWS an hour ahead.',
    shows: 'AWS and the cluster refuse what the portal signs.',
    break: ({ context }) => {
      context.core.faults.skewMs = 3_600_000;
    },
  }),
  'role-in-an-instance-profile': breaking({
    rows: ['49'],
    description: 'Puts the role into an instance profile.',
    shows: 'A teardown keeps the role and says why.',
    break: stage =>
      stage.aws.iam.putInstanceProfile({
        name: stage.name,
        roleName: stage.role().name,
      }),
  }),
};
