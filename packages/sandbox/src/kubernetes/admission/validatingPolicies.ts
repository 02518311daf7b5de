import { AdmissionPlugin, AdmissionRequest } from '../api/admission';
import { resourceOf, storeKey } from '../model/resources';
import { ApiError, forbidden } from '../model/status';
import { Store } from '../store/store';
import { KubeObject } from '../types';
import { evaluate, withVariables } from './cel';
import {
  matchConditions,
  matchesRule,
  matchesSelectors,
  namespaceOf,
  variablesOf,
} from './matching';

/** HTTP codes of validation reasons. Source: Kubernetes API, Validation.reason. */
const CODES: Record<string, number> = {
  Unauthorized: 401,
  Forbidden: 403,
  Invalid: 422,
  RequestEntityTooLarge: 413,
};

/** Enforces `ValidatingAdmissionPolicy` objects that have a binding, with CEL expressions but without parameters. */
export function validatingPolicies(store: Store): AdmissionPlugin {
  const policies = storeKey(resourceOf('validatingadmissionpolicies'));
  const bindings = storeKey(resourceOf('validatingadmissionpolicybindings'));

  const constrains = (constraints: any, request: AdmissionRequest) => {
    const { resourceRules, excludeResourceRules } = constraints ?? {};
    return (
      (!resourceRules ||
        resourceRules.some((rule: any) => matchesRule(rule, request))) &&
      !(excludeResourceRules ?? []).some((rule: any) =>
        matchesRule(rule, request),
      ) &&
      matchesSelectors(store, constraints, request)
    );
  };

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
        const fault = findFault(
          policy,
          variablesOf(request, namespaceOf(store, request)),
        );
        const which = `ValidatingAdmissionPolicy '${policyName}' with binding '${binding.metadata.name}'`;
        if (fault && validationActions?.includes('Deny')) {
          const text = `${which} denied request: ${fault.why}`;
          const { message, details } = forbidden(def, name, text);
          throw new ApiError(CODES[fault.reason], fault.reason, message, {
            ...details,
            causes: [{ message: text }],
          });
        }
        if (fault && validationActions?.includes('Warn')) {
          context.warnings.push(`Validation failed for ${which}: ${fault.why}`);
        }
      }
    },
  };
}

/** Why a policy refuses a request, with the reason for the response; undefined when it allows the request. */
function findFault(
  { spec }: KubeObject,
  variables: Record<string, unknown>,
): { why: string; reason: string } | undefined {
  const failed = (why: string) =>
    spec.failurePolicy === 'Ignore' ? undefined : { why, reason: 'Invalid' };
  const matches = matchConditions(spec.matchConditions, () => variables);
  if ('error' in matches) {
    return failed(matches.error);
  }
  if (!matches.value) {
    return undefined;
  }
  const all = withVariables(spec.variables, variables);
  for (const { expression, message, reason = 'Invalid' } of spec.validations ??
    []) {
    const answer = evaluate(expression, all);
    if ('error' in answer) {
      if (spec.failurePolicy !== 'Ignore') {
        return failed(answer.error);
      }
    } else if (!answer.value) {
      return { why: message ?? `failed expression: ${expression}`, reason };
    }
  }
  return undefined;
}
