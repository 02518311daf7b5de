import type {
  AssociateInput,
  StartOperation,
  TeardownInput,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Sandbox } from 'eks-sandbox';
import type { Subject } from './Subject';

/** What is done to a subject, and killed at each of its writes. */
export interface Story {
  name: string;
  /** Done before, in peace. */
  before(subject: Subject): StartOperation[];
  /** What others do to it then. */
  meanwhile?(subject: Subject, sandbox: Sandbox): Promise<void> | void;
  order(subject: Subject): StartOperation;
  /**
   * For a verification: it starts again where it was killed, with another pod. It is killed at this write alone, since it
   * waits only ten seconds for the deletion of its pod.
   */
  onlyAt?: string;
  /** Needs a cluster of its own, because it is about the cluster's agent. */
  ownCluster?: boolean;
}

const policy = (service: string) =>
  `arn:aws:iam::aws:policy/Amazon${service}ReadOnlyAccess`;

/** A role of another account, which never exists: only our role's permission to assume it is written. */
export const TARGETS = [1, 2].map(
  number => `arn:aws:iam::444455556666:role/target-${number}`,
);

/** A service account to ask something for. */
type Target = Pick<Subject, 'cluster' | 'name'> & { namespace?: string };

const inputOf = ({ cluster, name, namespace = name }: Target) => ({
  clusterName: cluster,
  namespace,
  serviceAccount: name,
  entityRef: 'component:default/shop',
});

const associate = (
  target: Target,
  input: Partial<AssociateInput> = {},
): StartOperation => ({
  kind: 'associate',
  input: { ...inputOf(target), ...input },
});

const teardown = (
  target: Target,
  input: Partial<TeardownInput> = {},
): StartOperation => ({
  kind: 'teardown',
  input: { ...inputOf(target), ...input },
});

/** As it is made before the order of a story: no test of the gate. */
const soon = (order: StartOperation): StartOperation =>
  ({
    ...order,
    input: { ...order.input, waitUntilEffective: false },
  } as StartOperation);

/** An associate that makes everything there is to make on a cluster with an agent. */
const everything = (subject: Subject, input: Partial<AssociateInput> = {}) =>
  associate(subject, {
    roleName: subject.name,
    managedPolicyArns: [policy('S3')],
    targetRoleArn: TARGETS[0],
    createNamespace: true,
    createServiceAccount: 'always',
    ...input,
  });

/** The service account that shares the role of another one in its namespace. */
const sharer = ({ cluster, name, second }: Subject): Target => ({
  cluster,
  namespace: name,
  name: second,
});

const share = (subject: Subject) =>
  associate(sharer(subject), {
    roleArn: subject.roleArn,
    createServiceAccount: 'always',
  });

/** A statement that is not ours in the trust policy, which has to survive. */
function letOthersIn({ roleArn, name }: Subject, { aws }: Sandbox) {
  const trust = JSON.parse(aws.iam.role(roleArn).trust);
  trust.Statement.push({
    Sid: 'Theirs',
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'aws:PrincipalTag/of': name } },
  });
  aws.iam.updateRole(roleArn, { trust });
}

async function leaveProbePod({ cluster, name }: Subject, sandbox: Sandbox) {
  await sandbox.cluster(cluster).apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `eks-pod-identity-probe-of-${name}`,
      namespace: name,
      labels: {
        'backstage.io/managed-by': 'eks-pod-identity',
        'backstage.io/probe': 'true',
      },
      annotations: { 'backstage.io/portal': 'test-portal' },
    },
    spec: {
      serviceAccountName: name,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'probe',
          image: 'public.ecr.aws/aws-cli/aws-cli',
          command: ['sleep', '3600'],
        },
      ],
    },
  });
}

const agentless = (subject: Subject) =>
  associate(subject, { roleName: subject.name, installAgent: false });
const withAgent = (subject: Subject) =>
  associate(subject, { roleName: subject.name, installAgent: true });

/** A workload of each kind, with pods that are older than the last change of the association. */
async function runFormerPods({ cluster, name }: Subject, sandbox: Sandbox) {
  const kinds = ['Deployment', 'StatefulSet', 'DaemonSet'];
  const kubernetes = sandbox.cluster(cluster);
  await kubernetes.apply(
    kinds.map(kind => {
      const labels = { app: `${name}-${kind.toLowerCase()}` };
      return {
        apiVersion: 'apps/v1',
        kind,
        metadata: { name, namespace: name },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: name,
              terminationGracePeriodSeconds: 0,
              containers: [
                { name: 'app', image: 'busybox', command: ['sleep', '3600'] },
              ],
            },
          },
        },
      };
    }),
  );
  const made = () =>
    new Set(
      kubernetes
        .list('pods', name)
        .map(({ metadata }) => metadata.ownerReferences?.[0].kind),
    ).size;
  while (made() < kinds.length) await sandbox.clock.sleep(100);
  const { eks } = sandbox.aws;
  const { associationId } = eks
    .associations(cluster)
    .find(one => one.serviceAccount === name)!;
  // Kubernetes writes whole seconds
  await sandbox.clock.sleep(2_000);
  eks.updateAssociation(cluster, associationId, {});
}

export const STORIES: Story[] = [
  {
    name: 'associate a new identity',
    before: () => [],
    order: everything,
  },
  {
    name: 'associate with other settings',
    before: subject => [soon(everything(subject))],
    meanwhile: ({ roleArn }, { aws }) => {
      aws.iam.updateRole(roleArn, { boundaryArn: undefined });
    },
    order: subject =>
      everything(subject, {
        roleDescription: 'Reads a queue instead',
        trustScope: 'namespace',
        managedPolicyArns: [policy('SQS')],
        detachManagedPolicyArns: [policy('S3')],
        targetRoleArn: TARGETS[1],
        tags: { tier: 'gold' },
      }),
  },
  {
    name: 'associate without the target role',
    before: subject => [soon(everything(subject))],
    order: subject => everything(subject, { targetRoleArn: '' }),
  },
  {
    name: 'associate with a shared role',
    before: subject => [soon(everything(subject))],
    meanwhile: letOthersIn,
    order: share,
  },
  {
    name: 'restart workloads',
    before: subject => [soon(everything(subject))],
    meanwhile: runFormerPods,
    order: subject => everything(subject, { restartWorkloads: true }),
  },
  {
    name: 'install the agent',
    ownCluster: true,
    before: subject => [agentless(subject)],
    order: withAgent,
  },
  {
    name: 'verify',
    onlyAt: 'kubernetes:create pods',
    before: subject => [soon(everything(subject, { targetRoleArn: '' }))],
    order: ({ cluster, name }) => ({
      kind: 'verify',
      input: { clusterName: cluster, namespace: name, serviceAccount: name },
    }),
  },
  {
    name: 'tear down',
    before: subject => [soon(everything(subject))],
    meanwhile: leaveProbePod,
    order: subject => teardown(subject),
  },
  {
    name: 'tear down a sharer',
    before: subject => [soon(everything(subject)), soon(share(subject))],
    meanwhile: letOthersIn,
    order: subject => teardown(sharer(subject)),
  },
  {
    name: 'remove the agent',
    ownCluster: true,
    before: subject => [withAgent(subject), teardown(subject)],
    order: subject => teardown(subject, { removeAgent: true }),
  },
];
