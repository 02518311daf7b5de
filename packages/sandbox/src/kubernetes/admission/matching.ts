import { AdmissionRequest } from '../api/admission';
import { resourceOf, storeKey } from '../model/resources';
import { matchesLabelSelector } from '../model/selectors';
import { Store } from '../store/store';
import { KubeObject } from '../types';
import { type Answer, evaluate, toCel } from './cel';

/** The variables of the expressions of policies and webhooks. */
export function variablesOf(
  request: AdmissionRequest,
  namespaceObject: KubeObject | undefined,
) {
  return {
    object: toCel(request.object),
    oldObject: toCel(request.before),
    namespaceObject: toCel(namespaceObject),
    request: toCel(attributesOf(request)),
  };
}

/** An AdmissionRequest without its objects. */
export function attributesOf(request: AdmissionRequest) {
  const { def, context, operation, namespace, name, subresource } = request;
  const kind = { group: def.group, version: def.version, kind: def.kind };
  const resource = {
    group: def.group,
    version: def.version,
    resource: def.resource,
  };
  return {
    kind,
    resource,
    ...(subresource && { subResource: subresource }),
    requestKind: kind,
    requestResource: resource,
    ...(subresource && { requestSubResource: subresource }),
    name,
    namespace: namespace ?? '',
    operation,
    userInfo: {
      username: context.user.username,
      uid: context.user.uid ?? '',
      groups: context.user.groups,
      extra: context.user.extra ?? {},
    },
    dryRun: context.dryRun,
  };
}

const covers = (list: string[] | undefined, value: string) =>
  (list ?? []).some(item => item === '*' || item === value);

/** `pods`, `pods/status`, `pods/*`, `*` and so on. */
function coversResource(
  list: string[] | undefined,
  { def, subresource = '' }: AdmissionRequest,
): boolean {
  return (list ?? []).some(item => {
    const [resource, sub = ''] = item.split('/');
    return (
      (resource === '*' || resource === def.resource) &&
      (sub === '*' || sub === subresource)
    );
  });
}

function inScope(scope: string | undefined, { def }: AdmissionRequest) {
  switch (scope) {
    case 'Namespaced':
      return def.namespaced;
    case 'Cluster':
      return !def.namespaced;
    default:
      return true;
  }
}

/** Whether a rule of a webhook or policy is about the request. */
export const matchesRule = (rule: any, request: AdmissionRequest): boolean =>
  inScope(rule.scope, request) &&
  covers(rule.apiGroups, request.def.group) &&
  covers(rule.apiVersions, request.def.version) &&
  covers(rule.operations, request.operation) &&
  coversResource(rule.resources, request) &&
  (!rule.resourceNames?.length || covers(rule.resourceNames, request.name));

const isEmpty = (selector: any) =>
  !Object.keys(selector?.matchLabels ?? {}).length &&
  !selector?.matchExpressions?.length;

/** The namespace of a request; of a request for a namespace, the namespace itself. */
export const namespaceOf = (
  store: Store,
  { def, namespace, object, before }: AdmissionRequest,
): KubeObject | undefined =>
  def.kind === 'Namespace'
    ? object ?? before
    : store.get(storeKey(resourceOf('namespaces')), undefined, namespace ?? '');

/** Whether the selectors of a webhook or policy choose the request. */
export function matchesSelectors(
  store: Store,
  match: any,
  request: AdmissionRequest,
): boolean {
  const { object, before } = request;
  const namespace = namespaceOf(store, request);
  // An object without a namespace is never left out by a selector of namespaces.
  const byNamespace =
    !namespace ||
    matchesLabelSelector(match?.namespaceSelector, namespace.metadata.labels);
  return (
    byNamespace &&
    (isEmpty(match?.objectSelector) ||
      [object, before].some(
        each =>
          each &&
          matchesLabelSelector(match.objectSelector, each.metadata.labels),
      ))
  );
}

/** Whether match conditions let the request pass on: no, yes, or the error of one. */
export function matchConditions(
  conditions: any[] = [],
  variables: () => Record<string, unknown>,
): Answer {
  if (conditions.length === 0) {
    return { value: true };
  }
  const known = variables();
  const answers = conditions.map(({ expression }) =>
    evaluate(expression, known),
  );
  if (answers.some(answer => 'value' in answer && !answer.value)) {
    return { value: false };
  }
  const errors = answers.flatMap(answer =>
    'error' in answer ? [answer.error] : [],
  );
  return errors.length > 0
    ? { error: errors.length === 1 ? errors[0] : `[${errors.join(', ')}]` }
    : { value: true };
}
