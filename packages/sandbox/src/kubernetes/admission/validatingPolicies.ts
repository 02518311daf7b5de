import { Environment } from '@marcbachmann/cel-js';
import { AdmissionPlugin, AdmissionRequest } from '../api/admission';
import { resourceOf, storeKey } from '../model/resources';
import { matchesLabelSelector } from '../model/selectors';
import { ApiError, forbidden } from '../model/status';
import { Store } from '../store/store';
import { KubeObject } from '../types';

/** HTTP codes of validation reasons. Source: Kubernetes API, Validation.reason. */
const CODES: Record<string, number> = {
  Unauthorized: 401,
  Forbidden: 403,
  Invalid: 422,
  RequestEntityTooLarge: 413,
};

/** Converts JSON for CEL, where whole numbers are `int`. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map(toCel);
  if (value && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, toCel(item)]),
    );
  }
  return value ?? null;
}

const covers = (list: string[] | undefined, value: string) =>
  (list ?? []).some(item => item === '*' || item === value);

function matchesRule(rule: any, request: AdmissionRequest): boolean {
  const { def, subresource, operation } = request;
  const resource = subresource
    ? `${def.resource}/${subresource}`
    : def.resource;
  return (
    covers(rule.apiGroups, def.group) &&
    covers(rule.apiVersions, def.version) &&
    covers(rule.operations, operation) &&
    (covers(rule.resources, resource) || covers(rule.resources, '*/*')) &&
    (!rule.resourceNames?.length || covers(rule.resourceNames, request.name))
  );
}

/** Enforces `ValidatingAdmissionPolicy` objects that have a binding, with CEL expressions but without parameters. */
export function validatingPolicies(store: Store): AdmissionPlugin {
  const policies = storeKey(resourceOf('validatingadmissionpolicies'));
  const bindings = storeKey(resourceOf('validatingadmissionpolicybindings'));
  const namespaces = storeKey(resourceOf('namespaces'));
  const cel = new Environment({ unlistedVariablesAreDyn: true });

  const constrains = (constraints: any, request: AdmissionRequest) => {
    const { resourceRules, excludeResourceRules } = constraints ?? {};
    const labels = store.get(namespaces, undefined, request.namespace ?? '')
      ?.metadata.labels;
    const object = request.object ?? request.before;
    return (
      (!resourceRules ||
        resourceRules.some((rule: any) => matchesRule(rule, request))) &&
      !(excludeResourceRules ?? []).some((rule: any) =>
        matchesRule(rule, request),
      ) &&
      matchesLabelSelector(constraints?.namespaceSelector, labels) &&
      matchesLabelSelector(constraints?.objectSelector, object?.metadata.labels)
    );
  };

  const variablesOf = (request: AdmissionRequest) => ({
    object: toCel(request.object),
    oldObject: toCel(request.before),
    namespaceObject: toCel(
      store.get(namespaces, undefined, request.namespace ?? ''),
    ),
    request: toCel(requestOf(request)),
  });

  return {
    name: 'ValidatingAdmissionPolicy',
    validate(request) {
      const { def, name, context } = request;
      for (const binding of store.list(bindings)) {
        const { policyName, matchResources, validationActions } = binding.spec;
        const policy = store.get(policies, undefined, policyName);
        if (
          !policy ||
          !constrains(policy.spec.matchConstraints, request) ||
          !constrains(matchResources, request)
        ) {
          continue;
        }
        const fault = findFault(cel, policy, variablesOf(request));
        const which = `ValidatingAdmissionPolicy '${policyName}' with binding '${binding.metadata.name}'`;
        if (fault && covers(validationActions, 'Deny')) {
          const text = `${which} denied request: ${fault.why}`;
          const { message, details } = forbidden(def, name, text);
          throw new ApiError(CODES[fault.reason], fault.reason, message, {
            ...details,
            causes: [{ message: text }],
          });
        }
        if (fault && covers(validationActions, 'Warn')) {
          context.warnings.push(`Validation failed for ${which}: ${fault.why}`);
        }
      }
    },
  };
}

/** Why a policy refuses a request, with the reason for the response; undefined when it allows the request. */
function findFault(
  cel: Environment,
  policy: KubeObject,
  variables: Record<string, unknown>,
): { why: string; reason: string } | undefined {
  const { matchConditions = [], validations, failurePolicy } = policy.spec;
  const failing: string[] = [];
  const evaluate = (expression: string): boolean | undefined => {
    try {
      return cel.evaluate(expression, variables) === true;
    } catch (error) {
      failing.push(
        `expression '${expression}' resulted in error: ${
          (error as Error).message
        }`,
      );
      return undefined;
    }
  };
  const conditions = matchConditions.map((condition: any) =>
    evaluate(condition.expression),
  );
  if (conditions.includes(false)) return undefined;
  if (!failing.length) {
    for (const { expression, message, reason = 'Invalid' } of validations) {
      if (evaluate(expression) === false) {
        return { why: message ?? `failed expression: ${expression}`, reason };
      }
    }
  }
  return failing.length && failurePolicy !== 'Ignore'
    ? { why: failing[0], reason: 'Invalid' }
    : undefined;
}

/** The `request` variable of an expression: an AdmissionRequest without its objects. */
function requestOf(request: AdmissionRequest) {
  const { def, context, operation, namespace, name, subresource } = request;
  return {
    operation,
    name,
    namespace: namespace ?? '',
    subResource: subresource ?? '',
    dryRun: context.dryRun,
    kind: { group: def.group, version: def.version, kind: def.kind },
    resource: {
      group: def.group,
      version: def.version,
      resource: def.resource,
    },
    userInfo: {
      username: context.user.username,
      uid: context.user.uid ?? '',
      groups: context.user.groups,
      extra: context.user.extra ?? {},
    },
  };
}
