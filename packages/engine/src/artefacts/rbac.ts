import { commented, yamlText } from './yamlText';

/**
 * The rights of the portal's groups in a cluster, stated once for deploy/rbac.yaml, deploy/kubernetes and deploy/helm.
 * Tests hold them against docs/permissions.md and against what the setup check asks for.
 */

/** Some of the objects, which an adopter takes or leaves together. */
interface RbacPart {
  /** What they are for. */
  about: string;
  objects: KubernetesObject[];
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  [key: string]: unknown;
}

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

type Group = 'readers' | 'verifiers' | 'writers';

const API = 'rbac.authorization.k8s.io';
const nameOf = (name: string) => `backstage-eks-pod-identity-${name}`;

const role = (
  name: string,
  rules: Rule[],
  namespace?: string,
): KubernetesObject => ({
  apiVersion: `${API}/v1`,
  kind: namespace ? 'Role' : 'ClusterRole',
  metadata: { name: nameOf(name), ...(namespace && { namespace }) },
  rules,
});

function binding(
  name: string,
  groups: Group[],
  kind: 'ClusterRoleBinding' | 'RoleBinding',
  roleKind = 'ClusterRole',
  namespace?: string,
): KubernetesObject {
  return {
    apiVersion: `${API}/v1`,
    kind,
    metadata: { name: nameOf(name), ...(namespace && { namespace }) },
    roleRef: { apiGroup: API, kind: roleKind, name: nameOf(name) },
    subjects: groups.map(group => ({
      kind: 'Group',
      apiGroup: API,
      name: `backstage-${group}`,
    })),
  };
}

const WORKLOADS = ['deployments', 'statefulsets', 'daemonsets'];
const WEBHOOKS = 'admissionregistration.k8s.io';

/** Of the whole cluster, for each file. */
export const PARTS = {
  reading: {
    about: 'Reading: all three groups, in the whole cluster.',
    objects: [
      role('read', [
        {
          apiGroups: [''],
          resources: ['namespaces', 'serviceaccounts'],
          verbs: ['get', 'list'],
        },
        { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['list'] },
        { apiGroups: ['apps'], resources: WORKLOADS, verbs: ['list'] },
        {
          apiGroups: ['batch'],
          resources: ['jobs', 'cronjobs'],
          verbs: ['list'],
        },
        {
          apiGroups: ['networking.k8s.io'],
          resources: ['networkpolicies'],
          verbs: ['list'],
        },
        {
          apiGroups: [WEBHOOKS],
          resources: ['mutatingwebhookconfigurations'],
          resourceNames: ['pod-identity-webhook'],
          verbs: ['get'],
        },
      ]),
      binding(
        'read',
        ['readers', 'verifiers', 'writers'],
        'ClusterRoleBinding',
      ),
    ],
  },
  verifying: {
    about: 'Verifying: dry runs of pods, and the probe.',
    objects: [
      role('verify', [
        {
          apiGroups: [''],
          resources: ['pods'],
          verbs: ['create', 'get', 'list', 'watch', 'delete'],
        },
        { apiGroups: [''], resources: ['events'], verbs: ['list'] },
      ]),
    ],
  },
  changing: {
    about: `Changing: service accounts, and probe pods that a teardown finds. A portal that only watches needs neither this nor its
binding. With allow.createNamespace the writers also need "create" of namespaces (docs/permissions.md,
"Kubernetes: changing").`,
    objects: [
      role('write', [
        {
          apiGroups: [''],
          resources: ['serviceaccounts'],
          verbs: ['create', 'delete'],
        },
        { apiGroups: [''], resources: ['pods'], verbs: ['delete'] },
      ]),
    ],
  },
  restarting: {
    about: 'Optional: restarting workloads whose pods started too early.',
    objects: [
      role('restart', [
        { apiGroups: ['apps'], resources: WORKLOADS, verbs: ['get', 'patch'] },
      ]),
    ],
  },
  agentLog: {
    about: 'Optional: why an agent crashes is in its log alone.',
    objects: [
      role(
        'agent-log',
        [{ apiGroups: [''], resources: ['pods/log'], verbs: ['get'] }],
        'kube-system',
      ),
      binding('agent-log', ['readers'], 'RoleBinding', 'Role', 'kube-system'),
    ],
  },
  webhooks: {
    about: 'Optional: which webhook of another owner keeps pods out.',
    objects: [
      role('webhooks', [
        {
          apiGroups: [WEBHOOKS],
          resources: [
            'mutatingwebhookconfigurations',
            'validatingwebhookconfigurations',
          ],
          verbs: ['list'],
        },
      ]),
      binding('webhooks', ['readers'], 'ClusterRoleBinding'),
    ],
  },
  policies: {
    about:
      'Optional: whether admission-policies.yaml is there, and as this version and the settings make it.',
    objects: [
      role('policies', [
        {
          apiGroups: [WEBHOOKS],
          resources: [
            'validatingadmissionpolicies',
            'validatingadmissionpolicybindings',
          ],
          verbs: ['get'],
        },
      ]),
      binding('policies', ['readers'], 'ClusterRoleBinding'),
    ],
  },
} satisfies Record<string, RbacPart>;

/** In each namespace that the portal may use; the caller adds which. */
export const BINDINGS = {
  verify: binding('verify', ['verifiers'], 'RoleBinding'),
  write: binding('write', ['writers'], 'RoleBinding'),
  restart: binding('restart', ['writers'], 'RoleBinding'),
};

export const inNamespace = (
  { metadata, ...object }: KubernetesObject,
  namespace: string,
): KubernetesObject => {
  const { apiVersion, kind, ...rest } = object;
  return { apiVersion, kind, metadata: { ...metadata, namespace }, ...rest };
};

/** Parts as one file of YAML, each below what it is for. */
export const partsText = (parts: RbacPart[]): string =>
  parts
    .map(
      ({ about, objects }) =>
        `${commented(about)}\n${objects.map(yamlText).join('---\n')}`,
    )
    .join('---\n');

/** deploy/rbac.yaml. */
export function rbacFile(): string {
  const of = (name: keyof typeof BINDINGS) =>
    inNamespace(BINDINGS[name], 'payments');
  const { reading, verifying, changing, restarting } = PARTS;
  const text = partsText([
    reading,
    verifying,
    changing,
    {
      about: `Namespaces: one of each for every namespace that the portal may use. Not kube-system, and not the namespace where the
portal runs: without admission-policies.yaml the right to create pods is every service account and Secret of its
namespace.`,
      objects: [of('verify'), of('write')],
    },
    { ...restarting, objects: [...restarting.objects, of('restart')] },
    PARTS.agentLog,
    PARTS.webhooks,
    PARTS.policies,
  ]);
  return `# Made by "yarn artefacts" from packages/engine/src/artefacts/rbac.ts: what the roles of the developer portal may do in a
# cluster. docs/permissions.md explains each rule.
#
#   kubectl apply -f deploy/rbac.yaml -f deploy/admission-policies.yaml
#
# The policies hold two of the groups to what RBAC cannot say: to the probe, where they may create pods, and to restarts,
# where they may patch workloads.
#
# Fill in: the namespaces that the portal may use, where it says "namespace: payments". Copy these RoleBindings for each
# further namespace; kubernetes/ and helm/ have the same for a list of namespaces, and leave out what is optional. Who is in
# the three groups is said by the access entries (cloudformation.yaml, terraform/ or eksctl.yaml).
#
${text}`;
}
