/** The sandbox in a separate process, filled as its first message says; it answers what was called. */
import { createTags } from 'eks-pod-identity-engine/portal';
import {
  countByOperation,
  PORTAL_GROUPS,
  portalRbac,
  type Sandbox,
  startSandbox,
} from 'eks-sandbox';
import { answerEach, worldOf } from '../lib/child';
import { setLatencies } from '../lib/latencies';
import {
  associationsOf,
  clusterName,
  type Counts,
  type Fleet,
  LISTED,
  namespaceName,
  PORTAL,
  ROLES,
} from './fleet';

const HOUR_MS = 3_600_000;
/** As far back as a look at all AWS access reads; a session of IRSA lasts an hour. */
const HOURS = 3;

/** The portal's rights on a cluster: in the whole of it, or bound in one namespace. */
const rights = (narrow?: { namespace: string }) =>
  portalRbac().flatMap(one => {
    if (!narrow || one.kind !== 'ClusterRoleBinding') return [one];
    return {
      ...one,
      kind: 'RoleBinding',
      metadata: { ...one.metadata, ...narrow },
    };
  });

async function fill(sandbox: Sandbox, fleet: Fleet) {
  const { iam } = sandbox.aws;
  const roles = Array.from({ length: fleet.irsa ? 0 : ROLES }, (_, index) =>
    iam.putRole({ name: `workload-${index}` }),
  );
  for (let index = 0; index < fleet.clusters; index += 1) {
    const name = clusterName(index);
    await sandbox.createCluster({ name });
    const own = fleet.irsa ? useIrsa(sandbox, name, fleet) : roles;
    const arns = own.map(({ arn }) => arn);
    await fillCluster(sandbox, name, fleet, arns);
  }
  if (fleet.irsa?.latencies) await setLatencies(sandbox.client);
}

/** Roles that trust the issuer of a cluster, and in CloudTrail that each service account asked for one in every hour. */
function useIrsa(sandbox: Sandbox, cluster: string, fleet: Fleet) {
  const { iam, cloudTrail } = sandbox.aws;
  const url = sandbox.cluster(cluster).issuer;
  const issuer = url.replace('https://', '');
  const provider = iam.putOidcProvider({ url });
  const subjects = associationsOf(fleet).map(
    ({ namespace, serviceAccount }) =>
      `system:serviceaccount:${namespace}:${serviceAccount}`,
  );
  const userIdentity = { type: 'WebIdentityUser', identityProvider: provider };
  for (const [index, userName] of subjects.entries()) {
    for (let hour = 0; hour < HOURS; hour += 1) {
      const ago = (hour + index / subjects.length) * HOUR_MS;
      cloudTrail.putEvent({
        EventName: 'AssumeRoleWithWebIdentity',
        EventSource: 'sts.amazonaws.com',
        EventTime: new Date(sandbox.clock.now() - ago).toISOString(),
        CloudTrailEvent: {
          userAgent: 'Boto3/1.35.10 md/Botocore#1.35.10 lang/python#3.12.5',
          userIdentity: { ...userIdentity, userName },
        },
      });
    }
  }
  const length = Math.min(subjects.length, Math.floor(ROLES / fleet.clusters));
  return Array.from({ length }, (_, role) =>
    iam.putRole({
      name: `${cluster}-${role}`,
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: provider },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                [`${issuer}:aud`]: 'sts.amazonaws.com',
                [`${issuer}:sub`]: subjects.filter(
                  (_subject, index) => index % length === role,
                ),
              },
            },
          },
        ],
      },
    }),
  );
}

async function fillCluster(
  sandbox: Sandbox,
  cluster: string,
  fleet: Fleet,
  roles: string[],
) {
  const { eks } = sandbox.aws;
  eks.putAccessEntry(cluster, {
    principalArn: sandbox.credentials.roles.read,
    groups: [PORTAL_GROUPS.read],
  });
  await eks.putAddon(cluster, { addonName: 'eks-pod-identity-agent' });
  const handle = sandbox.cluster(cluster);
  await handle.apply(
    rights(fleet.narrow ? { namespace: 'kube-system' } : undefined),
  );
  for (let index = 0; index < fleet.namespaces; index += 1) {
    const namespace = namespaceName(index);
    await handle.apply(`
      {apiVersion: v1, kind: Namespace, metadata: {name: ${namespace}}}
---
      {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: egress, namespace: ${namespace}},
       spec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}}`);
    if (fleet.narrow) await handle.apply(rights({ namespace }));
  }
  const associations = associationsOf(fleet);
  eks.putAssociations(
    cluster,
    (fleet.irsa ? [] : associations).map(({ entityRef, ...ref }, index) => ({
      ...ref,
      roleArn: roles[index % roles.length],
      tags: entityRef
        ? createTags(
            {
              portalId: PORTAL,
              cluster: { name: cluster, region: sandbox.region },
              ...ref,
            },
            { tags: {}, entityRef },
          )
        : {},
    })),
  );
  for (const [
    index,
    { namespace, serviceAccount: name },
  ] of associations.entries()) {
    const rest = `namespace: ${namespace}, labels: {app: ${name}}`;
    const irsa = fleet.irsa
      ? `, annotations: {eks.amazonaws.com/role-arn: '${
          roles[index % roles.length]
        }'}`
      : '';
    // Pods stay as they were admitted, and cost the sandbox nothing; so those of the Deployment are made apart
    const spec = `{serviceAccountName: ${name}, schedulerName: none, containers: [{name: main, image: busybox}]}`;
    await handle.apply(`
      {apiVersion: v1, kind: ServiceAccount, metadata: {name: ${name}, ${rest}${irsa}}}
---
      {apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name}, ${rest}}, spec: {replicas: 0,
       selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}}, spec: ${spec}}}}`);
    for (let pod = 0; pod < fleet.pods; pod += 1) {
      await handle.apply(
        `{apiVersion: v1, kind: Pod, metadata: {name: ${name}-${pod}, ${rest}}, spec: ${spec}}`,
      );
    }
  }
  for (let index = 0; index < fleet.otherServiceAccounts; index += 1) {
    const namespace = namespaceName(index % fleet.namespaces);
    await handle.apply(
      `{apiVersion: v1, kind: ServiceAccount, metadata: {name: other-${index}, namespace: ${namespace}}}`,
    );
  }
}

function count(sandbox: Sandbox): Counts {
  const handle = sandbox.cluster(clusterName(0));
  return {
    roles: sandbox.aws.iam.roles().length,
    objects: LISTED.map(resource => handle.list(resource).length),
  };
}

let sandbox: Sandbox;
/** Of those that were taken out of the sandbox, which keeps the last 50,000. */
const counted: Record<string, number> = {};

function countCalls() {
  const calls = sandbox.calls.calls().filter(call => !call.internal);
  sandbox.calls.reset();
  for (const [operation, times] of Object.entries(countByOperation(calls))) {
    counted[operation] = (counted[operation] ?? 0) + times;
  }
}

answerEach(async (message: { fleet?: Fleet; calls?: true }) => {
  if (message.fleet) {
    sandbox = await startSandbox({ scenario: 'empty' });
    await fill(sandbox, message.fleet);
    sandbox.calls.reset();
    setInterval(countCalls, 1_000);
    return { ...worldOf(sandbox), counts: count(sandbox) };
  }
  countCalls();
  const answer = { ...counted };
  for (const operation of Object.keys(counted)) delete counted[operation];
  return answer;
});
