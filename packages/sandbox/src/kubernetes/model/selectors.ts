import { KubeObject } from '../types';
import { parseLabelSelector, Requirement, SelectorError } from './labelParser';
import { ResourceDef } from './resourceDef';
import { badRequest } from './status';

export type Matcher = (object: KubeObject) => boolean;

const everything: Matcher = () => true;

function meets(
  { key, operator, values }: Requirement,
  labels: Record<string, string> = {},
): boolean {
  const value = labels[key];
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return value !== undefined && values.includes(value);
  }
}

/** `a=b,c in (d,e),!f` as a predicate. */
export function labelSelector(selector: string | null | undefined): Matcher {
  if (!selector) {
    return everything;
  }
  try {
    const requirements = parseLabelSelector(selector);
    return ({ metadata }) =>
      requirements.every(requirement => meets(requirement, metadata.labels));
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
}

/** A LabelSelector object (matchLabels, matchExpressions) as a predicate over labels. */
export function matchesLabelSelector(
  selector: any,
  labels: Record<string, string> | undefined,
): boolean {
  const has = labels ?? {};
  const byLabels = Object.entries(selector?.matchLabels ?? {}).every(
    ([key, value]) => has[key] === value,
  );
  return (
    byLabels &&
    (selector?.matchExpressions ?? []).every((e: any) =>
      matchesExpression(e, has[e.key]),
    )
  );
}

/** One `{key, operator, values}` of a label or node selector. */
export function matchesExpression(e: any, value: string | undefined): boolean {
  switch (e.operator) {
    case 'In':
      return value !== undefined && e.values.includes(value);
    case 'NotIn':
      return value === undefined || !e.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(e.values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(e.values[0]);
    default:
      return false;
  }
}

const FIELD_TERM = /^([^!=]+?)\s*(==|=|!=)\s*(.*)$/;

/** `spec.nodeName=x,status.phase!=Running` as a predicate; refuses fields that the resource does not support. */
export function fieldSelector(
  selector: string | null | undefined,
  def: ResourceDef,
): Matcher {
  if (!selector) {
    return everything;
  }
  const terms = selector
    .split(/(?<!\\),/)
    .map(term => term.trim())
    .filter(Boolean)
    .map(term => {
      const parts = term.match(FIELD_TERM);
      if (!parts) {
        throw badRequest(
          `invalid selector: '${selector}'; can't understand '${term}'`,
        );
      }
      return { field: parts[1], equal: parts[2] !== '!=', value: parts[3] };
    });
  const read = (object: KubeObject): Record<string, string> => ({
    'metadata.name': object.metadata.name,
    'metadata.namespace': object.metadata.namespace ?? '',
    ...def.fields?.(object),
  });
  const known = read({
    apiVersion: '',
    kind: '',
    metadata: { name: '' },
  });
  for (const { field } of terms) {
    if (!(field in known)) {
      throw badRequest(
        def.fields
          ? `field label not supported: ${field}`
          : `${JSON.stringify(
              field,
            )} is not a known field selector: only "metadata.name", "metadata.namespace"`,
      );
    }
  }
  return object => {
    const fields = read(object);
    return terms.every(t => (fields[t.field] === t.value) === t.equal);
  };
}

/** The name that a fieldSelector requires, for authorisation. */
export function pinnedName(selector: string | null): string | undefined {
  return selector?.match(/(?:^|,)metadata\.name==?([^,]+)/)?.[1];
}
