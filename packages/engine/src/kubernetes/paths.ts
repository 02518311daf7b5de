/** What a call asks for. */
export interface KubernetesCall {
  verb: string;
  resource: string;
  namespace?: string;
  name?: string;
  /** `log` of a pod. */
  subresource?: string;
}

/** API groups of resources outside the core group. */
const GROUPS: Record<string, string> = {
  daemonsets: 'apps',
  deployments: 'apps',
  statefulsets: 'apps',
  jobs: 'batch',
  cronjobs: 'batch',
  networkpolicies: 'networking.k8s.io',
  mutatingwebhookconfigurations: 'admissionregistration.k8s.io',
  validatingwebhookconfigurations: 'admissionregistration.k8s.io',
  validatingadmissionpolicies: 'admissionregistration.k8s.io',
  validatingadmissionpolicybindings: 'admissionregistration.k8s.io',
  selfsubjectaccessreviews: 'authorization.k8s.io',
};

/** The API group of a resource; empty for the core group. */
export function groupOf(resource: string): string {
  return GROUPS[resource] ?? '';
}

/** Values of a query; undefined ones are left out. */
export type Query = Record<string, string | number | undefined>;

/** Path and query of a call. Every resource that the engine uses is in version v1 of its group. */
export function pathOf(call: KubernetesCall, query: Query = {}): string {
  const { verb, resource, namespace, name, subresource } = call;
  const group = groupOf(resource);
  // Lists and watches select their objects by the query; a new object's name is in its body.
  const isOne = ['get', 'patch', 'delete'].includes(verb);
  const path = [
    ...(group ? ['apis', group] : ['api']),
    'v1',
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    resource,
    ...(isOne ? [name ?? ''] : []),
    ...(subresource ? [subresource] : []),
  ]
    .map(segment)
    .join('/');
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) search.set(key, String(value));
  }
  return `/${path}${search.size > 0 ? `?${search}` : ''}`;
}

/** @throws TypeError for text that would make the path another one */
function segment(text: string): string {
  if (/^\.{0,2}$/.test(text)) {
    throw new TypeError(`"${text}" is no name of a Kubernetes object`);
  }
  return encodeURIComponent(text);
}
