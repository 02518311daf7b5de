import {
  MARK_TAGS,
  type Rule,
  type ServiceAccountRef,
  serviceAccountRefSchema,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

/** What an answer names. */
export interface Names {
  entities: Set<string>;
  /** By their written form. */
  serviceAccounts: Map<string, ServiceAccountRef>;
}

/** What its reader may know of it. */
export interface Known {
  isHidden(entityRef: string): boolean;
  /** The text without the names of hidden entities. */
  withoutHidden(text: string): string;
  isHiddenPage(url: string): boolean;
  isReadable(ref: ServiceAccountRef): boolean;
}

/** How many suggestions are worth showing. */
const SUGGESTIONS = 3;

/** The value as a reader with this knowledge may see it. */
export function disclose<T>(rule: Rule, value: T, known: Known): T {
  return show(rule, value, known) as T;
}

/** Adds what a value names; it has been parsed by the schema of the rule. */
export function collectNames(
  rule: Rule,
  value: any,
  into: Names,
  about?: ServiceAccountRef,
): void {
  if (value === undefined) return;
  const addRefs = (refs: readonly ServiceAccountRef[]) => {
    for (const ref of refs) {
      into.serviceAccounts.set(stringifyServiceAccountRef(ref), ref);
    }
  };
  if (rule === 'entityRef') into.entities.add(value);
  else if (rule === 'json') collectTags(value, into);
  else if (rule === 'suggestions') addRefs(value);
  else if (rule === 'person') addRefs(about ? [about] : []);
  else if (typeof rule === 'object') {
    if ('each' in rule) {
      for (const item of value) collectNames(rule.each, item, into, about);
    } else if ('by' in rule) {
      collectNames(rule.cases[value[rule.by]], value, into, about);
    } else {
      const subject = refOf(value) ?? about;
      for (const [name, field] of Object.entries(rule.fields)) {
        collectNames(field, value[name], into, subject);
      }
    }
  }
}

/** The service account that an object is about. */
function refOf({ ref }: { ref?: unknown }): ServiceAccountRef | undefined {
  if (ref === undefined) return undefined;
  const { success, data } = serviceAccountRefSchema.safeParse(ref);
  return success ? data : undefined;
}

function show(
  rule: Rule,
  value: any,
  known: Known,
  about?: ServiceAccountRef,
): unknown {
  if (value === undefined) return undefined;
  switch (rule) {
    case 'plain':
      return value;
    case 'sentence':
      return known.withoutHidden(value);
    case 'entityRef':
      return known.isHidden(value) ? undefined : value;
    case 'links':
      return value
        .filter(({ url }: { url: string }) => !known.isHiddenPage(url))
        .map(({ title, url }: { title: string; url: string }) => ({
          title: known.withoutHidden(title),
          url,
        }));
    case 'suggestions': {
      const shown = (value as ServiceAccountRef[])
        .filter(ref => known.isReadable(ref))
        .slice(0, SUGGESTIONS);
      return shown.length > 0 ? shown : undefined;
    }
    case 'person':
      return about && known.isReadable(about)
        ? known.withoutHidden(value)
        : undefined;
    case 'json':
      return showJson(value, known);
    default:
  }
  if ('each' in rule) {
    return value.map((item: unknown) => show(rule.each, item, known, about));
  }
  if ('by' in rule) {
    return show(rule.cases[value[rule.by]], value, known, about);
  }
  const subject = refOf(value) ?? about;
  return Object.fromEntries(
    Object.entries(rule.fields).flatMap(([name, field]) => {
      const shown = show(field, value[name], known, subject);
      return shown === undefined ? [] : [[name, shown]];
    }),
  );
}

/** Of what has no schema, only our own tag is known to name an entity. */
function collectTags(value: unknown, into: Names): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === MARK_TAGS.entityRef && typeof inner === 'string') {
      into.entities.add(inner);
    } else collectTags(inner, into);
  }
}

function showJson(value: unknown, known: Known): unknown {
  if (typeof value === 'string') return known.withoutHidden(value);
  if (Array.isArray(value)) return value.map(item => showJson(item, known));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, inner]) =>
          key !== MARK_TAGS.entityRef || !known.isHidden(String(inner)),
      )
      .map(([key, inner]) => [key, showJson(inner, known)]),
  );
}
