import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { SetupAnswer } from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig, ClusterSession } from '../clusters/types';
import { isOpenNamespace } from '../guardrails/namespaces';
import {
  type AdmissionPolicy,
  bindingOf,
  RENDER_AGAIN,
} from '../kubernetes/admissionPolicies';
import { isKubernetesError, KubernetesError } from '../kubernetes/errors';
import type { KubernetesApi } from '../kubernetes/types';
import { WORKLOAD_RESOURCES } from '../kubernetes/workloads';
import { restartPolicies } from '../lifecycle/restart/restartPolicies';
import { bash } from '../text/bash';
import { capitalised } from '../text/capitalised';
import { voiceOf } from '../text/voice';
import { rbacSnippet } from '../verification/access/rightsSnippets';
import type { Fix } from '../verification/framework/fix';
import { printed } from '../verification/framework/render';
import type { KubernetesRight } from '../verification/framework/rights';
import { probePolicy } from '../verification/probe/probePolicy';
import { ENGINE_VERSION } from '../verification/run/engineVersion';
import { answering, artefactsOf } from './answers';

/** Where a pod finds what Kubernetes tells it of itself. */
const OWN_FILES = '/var/run/secrets/kubernetes.io/serviceaccount';

export type ReadOwnFile = (name: 'namespace' | 'ca.crt') => string | undefined;

const readOwnFile: ReadOwnFile = name => {
  try {
    return readFileSync(`${OWN_FILES}/${name}`, 'utf8').trim();
  } catch {
    return undefined; // It runs in no pod, or in one without a token
  }
};

/** The namespace where this process itself runs, if that is in the cluster: both have the same certificate authority. */
async function ownNamespace(
  session: ClusterSession,
  read: ReadOwnFile,
): Promise<string | undefined> {
  const namespace = read('namespace');
  const ca = namespace && read('ca.crt');
  if (!ca) return undefined;
  const { certificateAuthority } = await session.describeCluster();
  const ofCluster = Buffer.from(certificateAuthority?.data ?? '', 'base64');
  return ofCluster.toString().trim() === ca ? namespace : undefined;
}

/** What is wrong with policies and their bindings in the cluster. */
async function differing(api: KubernetesApi, policies: AdmissionPolicy[]) {
  const states = await Promise.all(
    policies.map(async policy => {
      const { name } = policy.metadata;
      const [there, bound] = await Promise.all([
        api.readAdmissionPolicy(name),
        api.readAdmissionPolicyBinding(name),
      ]);
      const equal =
        isDeepStrictEqual(there?.spec, policy.spec) &&
        isDeepStrictEqual(bound?.spec, bindingOf(policy).spec);
      return { name, missing: !there || !bound, equal };
    }),
  );
  const names = (list: typeof states) => list.map(({ name }) => name);
  return {
    missing: names(states.filter(({ missing }) => missing)),
    other: names(states.filter(({ missing, equal }) => !missing && !equal)),
  };
}

/** Whether the role may restart workloads anywhere; that is an optional right. */
async function mayRestart(
  api: KubernetesApi,
  namespaces: readonly string[],
): Promise<boolean> {
  const answers = await Promise.all(
    [undefined, ...namespaces].flatMap(namespace =>
      Object.values(WORKLOAD_RESOURCES).map(resource =>
        api.canI({ verb: 'patch', group: 'apps', resource, namespace }),
      ),
    ),
  );
  return answers.some(({ allowed }) => allowed);
}

const BIND =
  'Bind the ClusterRole backstage-eks-pod-identity-verify by a RoleBinding in each namespace that it is for, and delete the ClusterRoleBinding.';

/** Printed once: the two answers that need it as well name that one. */
const MANIFEST = rbacSnippet(
  ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'].map(
    (resource): KubernetesRight => ({
      group: 'admissionregistration.k8s.io',
      resource,
      verb: 'get',
    }),
  ),
);
const OF_VERIFY =
  'Apply the manifest that the answer about the admission policies of the verifying role has.';

/** How an answer comes to know the policies of the cluster. */
const toRead = (cluster: ClusterConfig, fix: Omit<Fix, 'cause'>) => ({
  fix: printed({
    cause: 'The right to read admission policies is optional.',
    ...fix,
  }),
  artefact: { ...artefactsOf(cluster).policies, file: 'deploy/rbac.yaml' },
});

/**
 * Whether policies of the cluster hold the role to what it is for; `held` where they are exactly up to date, undefined where
 * they cannot be read.
 */
async function policiesOf(
  reader: ClusterSession,
  role: 'verify' | 'write',
): Promise<{ held?: boolean; answer: SetupAnswer }> {
  const { cluster } = reader;
  const { pass, fail, unknown } = answering(role, 'policies');
  const policies =
    role === 'verify' ? [probePolicy(cluster)] : restartPolicies();
  const purpose = role === 'verify' ? 'the probe' : 'restarts';
  const artefact = artefactsOf(cluster).policies;
  try {
    const { missing, other } = await differing(
      await reader.kubernetes(),
      policies,
    );
    if (missing.length + other.length === 0) {
      return {
        held: true,
        answer: pass(
          `Admission policies of the cluster hold the role to ${purpose}.`,
        ),
      };
    }
    const said = [
      missing.length &&
        `The cluster lacks ${missing.join(', ')}, or the binding.`,
      other.length &&
        `${other.join(
          ', ',
        )} in the cluster is not what this version and these settings make.`,
    ].filter(Boolean);
    return {
      held: false,
      answer: fail(
        said.join(' '),
        printed({
          cause: missing.length
            ? `RBAC alone cannot hold the role to ${purpose}: with its rights a thief reaches further.`
            : 'Such a policy may refuse what it should let pass, or let pass what it should refuse.',
          actions: [
            `${RENDER_AGAIN}.`,
            `They are those of version ${ENGINE_VERSION} of the program: "eks-pod-identity --version" says which you have.`,
          ],
          commands: [
            bash`eks-pod-identity admission-policies --config app-config.yaml --cluster ${cluster.id} | kubectl apply -f -`,
          ],
        }),
        artefact,
      ),
    };
  } catch (error) {
    if (!isKubernetesError(error, 'forbidden')) throw error;
    return {
      answer: unknown(
        `Kubernetes does not show its admission policies to the role that reads, so that nothing tells whether they hold this one to ${purpose}.`,
        toRead(
          cluster,
          role === 'verify'
            ? {
                actions: ['Apply the manifest to have them compared.'],
                snippet: MANIFEST,
              }
            : { actions: [OF_VERIFY] },
        ),
      ),
    };
  }
}

/** Whether the role that verifies may create pods where that is more than a probe, and nothing holds it back. */
async function namespacesOf(
  session: ClusterSession,
  held: boolean | undefined,
  read: ReadOwnFile,
): Promise<SetupAnswer> {
  const { cluster } = session;
  const { pass, fail, unknown } = answering('verify', 'namespaces');
  const own = await ownNamespace(session, read);
  const delicate = ['kube-system', ...(own ? [own] : [])];
  const api = await session.kubernetes();
  const answers = await Promise.all(
    delicate.map(namespace =>
      api.canI({ verb: 'create', resource: 'pods', namespace }),
    ),
  );
  const bound = delicate.filter((_, index) => answers[index].allowed);
  if (bound.length === 0) {
    return pass(
      `Kubernetes lets the role create no pods in ${delicate.join(' or ')}.`,
    );
  }
  const open = bound.filter(
    // Where the portal works, the policies let the probe pass
    namespace => held === false || isOpenNamespace(namespace, cluster),
  );
  if (open.length === 0) {
    const byRbac = `RBAC would let the role create pods in ${bound.join(
      ' and ',
    )}`;
    return held
      ? pass(`${byRbac}; the admission policy does not.`)
      : unknown(
          `${byRbac}; the admission policies may refuse it, and cannot be read.`,
          toRead(cluster, {
            actions: [
              OF_VERIFY,
              `Or give the right for single namespaces. ${BIND}`,
            ],
          }),
        );
  }
  const { me } = voiceOf(cluster);
  return fail(
    `Kubernetes lets the role create pods in ${open.join(' and ')}.`,
    printed({
      cause: [
        open.includes('kube-system') &&
          'Pods in kube-system can have the rights of the cluster itself.',
        own &&
          open.includes(own) &&
          `${capitalised(
            me,
          )} runs in ${own}, and a pod there can have its identity, and so each of its roles.`,
      ]
        .filter(Boolean)
        .join(' '),
      actions: [
        BIND,
        `Or name ${open.join(
          ' and ',
        )} in namespaces.deny of the cluster, and apply the admission policies: they refuse even the probe there.`,
      ],
    }),
    artefactsOf(cluster).rbac.verify,
  );
}

/**
 * Whether the cluster holds a role of the portal to what it is for, beyond what RBAC can say. No answer for keys that do it
 * all without a role, and where the answer about Kubernetes says that nothing can be asked.
 */
export async function isHeldBack(
  session: ClusterSession,
  reader: ClusterSession,
  {
    namespaces,
    read = readOwnFile,
  }: { namespaces: readonly string[]; read?: ReadOwnFile },
): Promise<SetupAnswer[]> {
  const { role, cluster } = session;
  if (role === 'read' || !cluster.roles[role]) return [];
  try {
    if (
      role === 'write' &&
      !(await mayRestart(await session.kubernetes(), namespaces))
    ) {
      return [];
    }
    const { held, answer } = await policiesOf(reader, role);
    return role === 'write'
      ? [answer]
      : [answer, await namespacesOf(session, held, read)];
  } catch (error) {
    // The answer about Kubernetes says that it cannot be asked at all.
    if (!(error instanceof KubernetesError)) return [];
    const { kind, message } = error;
    return kind === 'unauthorized' || kind === 'unreachable'
      ? []
      : [answering(role, 'policies').unknown(message)];
  }
}
