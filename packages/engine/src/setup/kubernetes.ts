import type { SetupAnswer } from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterSession } from '../clusters/types';
import { isKubernetesError } from '../kubernetes/errors';
import { toBackstageError } from '../aws/toBackstageError';
import type { KubernetesApi } from '../kubernetes/types';
import { unknownRoleFix } from '../verification/access/unknownRole';
import { rbacSnippet } from '../verification/access/rightsSnippets';
import { printed } from '../verification/framework/render';
import type { KubernetesRight } from '../verification/framework/rights';
import { answering, artefactsOf } from './answers';
import { IN_CLUSTER, IN_NAMESPACE } from './kubernetesRights';

/** Those that the role lacks. */
async function lacking(
  api: KubernetesApi,
  rights: readonly KubernetesRight[],
): Promise<KubernetesRight[]> {
  const answers = await Promise.all(
    rights.map(({ verb, resource, group, name, namespace }) =>
      api.canI({ verb, resource, group, name, namespace }),
    ),
  );
  return rights.filter((_, index) => !answers[index].allowed);
}

const said = ({ verb, resource, namespace }: KubernetesRight) =>
  `${verb} ${resource}${namespace ? ` in ${namespace}` : ''}`;

/** Whether the cluster admits the role and RBAC gives it its rights, in these namespaces or in all. */
export async function mayInKubernetes(
  session: ClusterSession,
  { namespaces, arn }: { namespaces: readonly string[]; arn?: string },
): Promise<SetupAnswer> {
  const { role, cluster } = session;
  const { pass, fail, unknown } = answering(role, 'kubernetes');
  const inNamespace = IN_NAMESPACE[role];
  try {
    const api = await session.kubernetes();
    const [inCluster, notEverywhere] = await Promise.all([
      lacking(api, IN_CLUSTER),
      lacking(api, inNamespace),
    ]);
    const missing = [
      ...inCluster,
      ...(await lacking(
        api,
        namespaces.flatMap(namespace =>
          notEverywhere.map(right => ({ ...right, namespace })),
        ),
      )),
    ].map(right => ({ ...right, role }));
    if (missing.length > 0) {
      return fail(
        `Kubernetes denies ${missing.map(said).join(', ')}.`,
        printed({
          cause: 'The groups of the role lack these RBAC rules.',
          actions: ['Apply the manifest, or the file, which has all rules.'],
          snippet: rbacSnippet(missing),
        }),
        artefactsOf(cluster).rbac[
          missing.some(one => one.namespace) ? role : 'read'
        ],
      );
    }
    const count = IN_CLUSTER.length + inNamespace.length;
    if (notEverywhere.length === 0) {
      return pass(`Kubernetes allows all ${count} rights.`);
    }
    if (namespaces.length === 0) {
      return unknown(
        `Kubernetes does not allow ${notEverywhere
          .map(said)
          .join(
            ', ',
          )} in all namespaces at once, and no single namespace is known to ask about.`,
        { artefact: artefactsOf(cluster).rbac[role] },
      );
    }
    return pass(
      `Kubernetes allows all ${count} rights, tried in ${namespaces.join(
        ', ',
      )}.`,
    );
  } catch (error) {
    if (isKubernetesError(error, 'unauthorized')) {
      const described = await session.describeCluster().catch(() => undefined);
      return fail(
        'The cluster does not know the role: it answered 401.',
        printed(
          unknownRoleFix(error, {
            cluster,
            role,
            arn,
            authenticationMode: described?.accessConfig?.authenticationMode,
          }),
        ),
        artefactsOf(cluster).entries,
      );
    }
    const { message } = toBackstageError(error, {
      doing: 'ask Kubernetes for the rights of the role',
      cluster,
    });
    return isKubernetesError(error, 'unreachable')
      ? fail(message, undefined, artefactsOf(cluster).config)
      : unknown(message);
  }
}
