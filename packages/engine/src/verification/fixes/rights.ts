import type { AwsRight, KubernetesRight } from '../rights';

/** The IAM policy that would allow these reads, ready to attach to the portal's role. */
export function iamPolicySnippet(rights: readonly AwsRight[]): {
  language: string;
  text: string;
} {
  const byResource = new Map<string, Set<string>>();
  for (const { action, resource } of rights) {
    const actions = byResource.get(resource) ?? new Set();
    actions.add(action);
    byResource.set(resource, actions);
  }
  const text = JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: [...byResource].map(([resource, actions]) => ({
        Effect: 'Allow',
        Action: [...actions].sort(),
        Resource: resource,
      })),
    },
    null,
    2,
  );
  return { language: 'json', text };
}

const ruleKey = (right: KubernetesRight) =>
  JSON.stringify([right.group ?? '', right.resource, right.name ?? '']);

/** One RBAC rule per resource, with all its verbs. */
function rulesYaml(rights: readonly KubernetesRight[]): string {
  const rules = new Map<
    string,
    { right: KubernetesRight; verbs: Set<string> }
  >();
  for (const right of rights) {
    const entry = rules.get(ruleKey(right)) ?? { right, verbs: new Set() };
    entry.verbs.add(right.verb);
    rules.set(ruleKey(right), entry);
  }
  return [...rules.values()]
    .map(({ right, verbs }) =>
      [
        `  - apiGroups: ["${right.group ?? ''}"]`,
        `    resources: ["${right.resource}"]`,
        ...(right.name ? [`    resourceNames: ["${right.name}"]`] : []),
        `    verbs: [${[...verbs]
          .sort()
          .map(verb => `"${verb}"`)
          .join(', ')}]`,
      ].join('\n'),
    )
    .join('\n');
}

/** The RBAC rules that would allow these reads: a Role for each namespace, a ClusterRole for the rest. */
export function rbacSnippet(rights: readonly KubernetesRight[]): {
  language: string;
  text: string;
} {
  const byNamespace = new Map<string | undefined, KubernetesRight[]>();
  for (const right of rights) {
    byNamespace.set(right.namespace, [
      ...(byNamespace.get(right.namespace) ?? []),
      right,
    ]);
  }
  const documents = [...byNamespace].map(([namespace, group]) =>
    [
      'apiVersion: rbac.authorization.k8s.io/v1',
      `kind: ${namespace ? 'Role' : 'ClusterRole'}`,
      'metadata:',
      '  name: backstage-eks-pod-identity',
      ...(namespace ? [`  namespace: ${namespace}`] : []),
      'rules:',
      rulesYaml(group),
    ].join('\n'),
  );
  return { language: 'yaml', text: documents.join('\n---\n') };
}
