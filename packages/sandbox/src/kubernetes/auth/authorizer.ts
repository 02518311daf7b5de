import { storeKey, resourceOf } from '../model/resources';
import { Store } from '../store/store';
import { KubeObject, UserInfo } from '../types';
import { PolicyRule, rulesOfAccessPolicy } from './ruleSets';

const bindingName = ({ metadata }: KubeObject) =>
  JSON.stringify(
    metadata.namespace
      ? `${metadata.name}/${metadata.namespace}`
      : metadata.name,
  );

/** The action of a request, for authorisation and access reviews. */
export interface AccessRequest {
  verb: string;
  group?: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  /** Instead of a resource. */
  path?: string;
}

export interface Decision {
  allowed: boolean;
  reason: string;
}

const has = (list: string[] | undefined, value: string) =>
  list !== undefined && (list.includes('*') || list.includes(value));

function hasPath(urls: string[] | undefined, path: string) {
  return (urls ?? []).some(
    url =>
      url === '*' ||
      url === path ||
      (url.endsWith('*') && path.startsWith(url.slice(0, -1))),
  );
}

/** Whether a rule allows a request. */
function ruleAllows(rule: PolicyRule, request: AccessRequest): boolean {
  if (!has(rule.verbs, request.verb)) {
    return false;
  }
  if (request.path !== undefined) {
    return hasPath(rule.nonResourceURLs, request.path);
  }
  const resource = request.subresource
    ? `${request.resource}/${request.subresource}`
    : request.resource!;
  const resources = rule.resources ?? [];
  const byResource =
    has(resources, resource) ||
    (request.subresource !== undefined &&
      resources.includes(`*/${request.subresource}`));
  const byName =
    !rule.resourceNames?.length ||
    (request.name !== undefined && rule.resourceNames.includes(request.name));
  return has(rule.apiGroups, request.group ?? '') && byResource && byName;
}

interface Grant {
  rules: PolicyRule[];
  /** Undefined for the whole cluster. */
  namespace?: string;
  /** The reason in a review. */
  reason: string;
}

/** Decides by the caller's EKS access policies and the stored RBAC objects. */
export class Authorizer {
  constructor(private readonly store: Store) {}

  authorize(user: UserInfo, request: AccessRequest): Decision {
    if (user.groups.includes('system:masters')) {
      return { allowed: true, reason: '' };
    }
    for (const grant of this.grants(user)) {
      const inScope =
        grant.namespace === undefined || grant.namespace === request.namespace;
      if (inScope && grant.rules.some(rule => ruleAllows(rule, request))) {
        return { allowed: true, reason: grant.reason };
      }
    }
    return { allowed: false, reason: '' };
  }

  /** The user's rules in a namespace, for SelfSubjectRulesReview. */
  rulesFor(user: UserInfo, namespace: string): PolicyRule[] {
    return this.grants(user)
      .filter(g => g.namespace === undefined || g.namespace === namespace)
      .flatMap(g => g.rules);
  }

  private grants(user: UserInfo): Grant[] {
    return [...this.accessPolicyGrants(user), ...this.rbacGrants(user)];
  }

  private accessPolicyGrants(user: UserInfo): Grant[] {
    return (user.accessPolicies ?? []).map(policyArn => ({
      rules: rulesOfAccessPolicy(policyArn),
      reason: `EKS Access Policy: allowed by ClusterRoleBinding "${user.principalArn}+${policyArn}" of ClusterRole "${policyArn}" to User "${user.username}"`,
    }));
  }

  private rbacGrants(user: UserInfo): Grant[] {
    const clusterWide = this.bindings('clusterrolebindings');
    const namespaced = this.bindings('rolebindings');
    return [...clusterWide, ...namespaced].flatMap(binding => {
      const subject = (binding.subjects ?? []).find((s: any) =>
        isSubject(s, user, binding),
      );
      const role = subject && this.role(binding);
      if (!role) {
        return [];
      }
      const { kind, name } = binding.roleRef;
      return [
        {
          rules: (role.rules ?? []) as PolicyRule[],
          namespace: binding.metadata.namespace,
          reason: `RBAC: allowed by ${binding.kind} ${bindingName(
            binding,
          )} of ${kind} "${name}" to ${subject.kind} "${
            subject.namespace
              ? `${subject.name}/${subject.namespace}`
              : subject.name
          }"`,
        },
      ];
    });
  }

  private bindings(resource: string): KubeObject[] {
    return this.store.list(storeKey(resourceOf(resource)));
  }

  private role(binding: KubeObject): KubeObject | undefined {
    const { kind, name } = binding.roleRef ?? {};
    return kind === 'ClusterRole'
      ? this.store.get(storeKey(resourceOf('clusterroles')), undefined, name)
      : this.store.get(
          storeKey(resourceOf('roles')),
          binding.metadata.namespace,
          name,
        );
  }
}

function isSubject(subject: any, user: UserInfo, binding: KubeObject): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user.username;
    case 'Group':
      return user.groups.includes(subject.name);
    case 'ServiceAccount':
      return (
        user.username ===
        `system:serviceaccount:${
          subject.namespace ?? binding.metadata.namespace
        }:${subject.name}`
      );
    default:
      return false;
  }
}
