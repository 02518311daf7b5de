import type { Sandbox } from 'eks-sandbox';

/** One service account with everything that a story makes for it. Every name of it holds `name`. */
export interface Subject {
  cluster: string;
  /** Also the namespace and the role. */
  name: string;
  /** The service account that shares its role, in stories of two. */
  second: string;
  roleArn: string;
  /** Its cluster has no other subject at the time. */
  ownCluster: boolean;
}

const associationsOf = ({ cluster, name }: Subject, { aws }: Sandbox) =>
  aws.eks.associations(cluster).filter(one => one.namespace === name);

/** Whether a path or a body means something of the subject. */
export function means(subject: Subject, text: string, sandbox: Sandbox) {
  return (
    text.includes(subject.name) ||
    (subject.ownCluster && text.includes(`/clusters/${subject.cluster}/`)) ||
    associationsOf(subject, sandbox).some(one =>
      text.includes(one.associationId),
    )
  );
}

const theirs = ({ name }: Subject) => `${name}-theirs`;

/** Another portal's identity beside the subject, which looks much like it. */
export function putNeighbour(subject: Subject, { aws }: Sandbox) {
  const tags = {
    'backstage.io/managed-by': 'eks-pod-identity',
    'backstage.io/portal': 'another-portal',
  };
  const { arn } = aws.iam.putRole({
    name: theirs(subject),
    path: '/backstage/',
    tags,
  });
  // The agent of a cluster is not removed while anything needs it
  if (subject.ownCluster) return;
  aws.eks.putAssociation(subject.cluster, {
    namespace: subject.name,
    serviceAccount: theirs(subject),
    roleArn: arn,
    tags,
  });
}

/** What is beside the subject and in its role's trust policy, as text. */
export function neighbourOf(subject: Subject, sandbox: Sandbox): string {
  return JSON.stringify([
    sandbox.aws.iam.roles().find(({ name }) => name === theirs(subject)),
    associationsOf(subject, sandbox).find(
      one => one.serviceAccount === theirs(subject),
    ),
    JSON.parse(
      sandbox.aws.iam.findRole(subject.roleArn)?.trust ?? '{"Statement":[]}',
    ).Statement.filter(({ Sid }: { Sid?: string }) => Sid === 'Theirs'),
  ]);
}

/** Everything that there is of the subject, a line each, worded alike for all subjects. */
export function belongings(subject: Subject, sandbox: Sandbox): string[] {
  const { aws } = sandbox;
  const { cluster, name } = subject;
  const kubernetes = sandbox.cluster(cluster);
  const roles = aws.iam
    .roles()
    .filter(
      role =>
        role.name !== theirs(subject) && JSON.stringify(role).includes(name),
    );
  const lines = [
    ...roles.flatMap(role => [
      `role ${role.name}: ${show([role.description, role.boundaryArn])}`,
      ...role.attached.map(arn => `role ${role.name} has ${arn}`),
      ...Object.entries(role.inline).map(
        ([policy, document]) => `role ${role.name} has ${policy} ${document}`,
      ),
      ...Object.entries(role.tags).map(tag => `role ${role.name} tag ${tag}`),
      ...JSON.parse(role.trust).Statement.map(
        (statement: object) => `role ${role.name} trusts ${show(statement)}`,
      ),
    ]),
    ...associationsOf(subject, sandbox)
      .filter(one => one.serviceAccount !== theirs(subject))
      .map(
        ({ serviceAccount, roleArn, targetRoleArn, policy, tags }) =>
          `association ${serviceAccount}: ${show([
            roleArn,
            targetRoleArn,
            policy,
            tags,
          ])}`,
      ),
    ...['serviceaccounts', 'pods'].flatMap(resource =>
      kubernetes
        .list(resource, name)
        // What a controller makes has another name each time
        .filter(({ metadata }) => !metadata.ownerReferences)
        .map(({ metadata }) => `${resource} ${metadata.name}`),
    ),
    ...(kubernetes.get('namespaces', undefined, name) ? ['namespace'] : []),
    ...(subject.ownCluster
      ? [...aws.eks.cluster(cluster).addons.values()].map(
          addon => `add-on ${addon.addonName} ${addon.status}`,
        )
      : []),
  ];
  return lines
    .map(line =>
      line
        .replaceAll(name, 'NAME')
        .replaceAll(cluster, 'CLUSTER')
        .replace(/BackstageEksPodIdentity[0-9a-f]{16}/g, 'SID')
        .replace(/(identity-probe-)[0-9a-f]{10}/, '$1ID'),
    )
    .sort();
}

/** Everything on AWS and the clusters that is of none of the subjects, a line each. */
export function foreignTo(subjects: Subject[], sandbox: Sandbox): string[] {
  const { aws } = sandbox;
  // One of its own has no others
  const shared = subjects.filter(({ ownCluster }) => !ownCluster);
  const clusters = [...new Set(shared.map(({ cluster }) => cluster))];
  const lines = [
    ...aws.iam.roles().map(show),
    ...clusters.flatMap(cluster => [
      ...aws.eks.associations(cluster).map(show),
      ...['namespaces', 'serviceaccounts', 'pods'].flatMap(resource =>
        sandbox.cluster(cluster).list(resource).map(show),
      ),
    ]),
  ];
  return lines.filter(
    line => !subjects.some(({ name }) => line.includes(name)),
  );
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
