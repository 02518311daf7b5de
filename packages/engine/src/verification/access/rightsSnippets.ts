import { createHash } from 'node:crypto';
import { GROUPS } from '../../clusters/portalRoles';
import type { CredentialRole } from '../../clusters/types';
import type { Snippet } from '../framework/fix';
import { type AwsRight, type KubernetesRight } from '../framework/rights';

/** The IAM policy that would allow these reads, ready to attach to the portal's role. */
export function iamPolicySnippet(rights: readonly AwsRight[]): Snippet {
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
  JSON.stringify([right.group, right.resource, right.name]);

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

/**
 * A role with the rules, bound to the group. Its name is neither one of docs/permissions.md nor that of other rules, which
 * it would replace.
 */
function roleAndBinding(
  namespace: string | undefined,
  role: CredentialRole,
  rights: readonly KubernetesRight[],
): string[] {
  const kind = namespace ? 'Role' : 'ClusterRole';
  const rules = rulesYaml(rights);
  const hash = createHash('sha256').update(rules).digest('hex').slice(0, 8);
  const name = `backstage-eks-pod-identity-added-${role}-${hash}`;
  const head = (what: string) => [
    'apiVersion: rbac.authorization.k8s.io/v1',
    `kind: ${what}`,
    'metadata:',
    `  name: ${name}`,
    ...(namespace ? [`  namespace: ${namespace}`] : []),
  ];
  return [
    [...head(kind), 'rules:', rules].join('\n'),
    [
      ...head(`${kind}Binding`),
      'roleRef:',
      '  apiGroup: rbac.authorization.k8s.io',
      `  kind: ${kind}`,
      `  name: ${name}`,
      'subjects:',
      '  - kind: Group',
      '    apiGroup: rbac.authorization.k8s.io',
      `    name: ${GROUPS[role]}`,
    ].join('\n'),
  ];
}

/** The RBAC rules that would allow these reads, with their bindings: a Role for each namespace, a ClusterRole for the rest. */
export function rbacSnippet(rights: readonly KubernetesRight[]): Snippet {
  const groups = new Map<
    string,
    {
      namespace: string | undefined;
      role: CredentialRole;
      rights: KubernetesRight[];
    }
  >();
  for (const right of rights) {
    const { namespace, role = 'read' } = right;
    const key = JSON.stringify([namespace, role]);
    const group = groups.get(key) ?? { namespace, role, rights: [] };
    group.rights.push(right);
    groups.set(key, group);
  }
  const documents = [...groups.values()].flatMap(group =>
    roleAndBinding(group.namespace, group.role, group.rights),
  );
  const needs = [...groups.values()].map(({ namespace }) => ({ namespace }));
  return { language: 'yaml', text: documents.join('\n---\n'), needs };
}
