import type { KubeObject, SandboxClient } from 'eks-sandbox';

/** Everything that a lifecycle could leave behind or touch, by name. */
export type WorldState = Map<string, string>;

const KINDS = ['namespaces', 'serviceaccounts', 'pods'];

/** Of an object what its owner cares about: pods and others also have a life of their own. */
const meant = ({ metadata }: KubeObject) => ({
  uid: metadata.uid,
  labels: metadata.labels,
  annotations: metadata.annotations,
});

/** Roles, associations, namespaces, service accounts and pods as they are now. */
export async function stateOf(
  sandbox: SandboxClient,
  clusterName: string,
): Promise<WorldState> {
  const state: WorldState = new Map();
  for (const {
    lastUsed: _,
    ...role
  } of (await sandbox.aws.iam.roles()) as any[]) {
    state.set(`role ${role.arn}`, JSON.stringify(role));
  }
  for (const association of await sandbox.aws.eks.associations(clusterName)) {
    const { namespace, serviceAccount, associationId } = association;
    state.set(
      `association ${associationId} of ${namespace}/${serviceAccount}`,
      JSON.stringify(association),
    );
  }
  for (const kind of KINDS) {
    for (const object of await sandbox.cluster(clusterName).list(kind)) {
      const { namespace = '', name } = object.metadata;
      state.set(`${kind} ${namespace}/${name}`, JSON.stringify(meant(object)));
    }
  }
  return state;
}

/** What is there although it was not, is gone, or has changed. */
export function differences(before: WorldState, after: WorldState): string[] {
  return [
    ...[...after.keys()]
      .filter(name => !before.has(name))
      .map(name => `left behind: ${name}`),
    ...[...before].flatMap(([name, value]) => {
      if (!after.has(name)) return [`gone: ${name}`];
      return after.get(name) === value ? [] : [`changed: ${name}`];
    }),
  ];
}
