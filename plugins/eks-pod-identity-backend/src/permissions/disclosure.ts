import {
  MARK_TAGS,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

/**
 * How a value of type `T` becomes part of an answer. A type without a rule for each of its fields does not compile: who
 * adds a field has to decide whether it names something.
 *
 * - `verbatim`: names nothing but what a reader of its service account may know
 * - `sentence`: entities that are not for the reader are replaced in it
 * - `entity`: an entity ref; left out where it is not for the reader
 * - `links`: links to pages of such entities are left out
 * - `suggestions`: service accounts; only those that the reader may see, three at most
 * - `json`: a resource as AWS or Kubernetes shows it, maybe with our tags
 */
export type Rule<T> = unknown extends T
  ? 'json'
  : [T] extends [string]
  ? string extends T
    ? 'verbatim' | 'sentence' | 'entity'
    : 'verbatim'
  : [T] extends [number | boolean]
  ? 'verbatim'
  : [T] extends [ServiceAccountRef[]]
  ? 'suggestions'
  : [T] extends [{ title: string; url: string }[]]
  ? 'links'
  : [T] extends [(infer Item)[]]
  ? { each: Rule<Item> }
  : string extends keyof T
  ? 'json'
  : IsUnion<T> extends true
  ? CasesRule<T, 'type'> | CasesRule<T, 'kind'>
  : { fields: { [Name in keyof T]-?: FieldRule<T, Name> } };

/** Only an optional field can be left out. */
type FieldRule<T, Name extends keyof T> = undefined extends T[Name]
  ? Rule<NonNullable<T[Name]>>
  : Exclude<Rule<T[Name]>, 'entity' | 'suggestions'>;

type CasesRule<T, Key extends string> = [T] extends [Record<Key, string>]
  ? {
      by: Key;
      cases: { [Case in T[Key]]: Rule<Extract<T, Record<Key, Case>>> };
    }
  : never;

type IsUnion<T> = [T] extends [Intersection<T>] ? false : true;
type Intersection<T> = (
  T extends unknown ? (value: T) => void : never
) extends (value: infer All) => void
  ? All
  : never;

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

/** A rule as the walk along it sees it; values have been parsed by their schemas. */
type AnyRule =
  | string
  | { each: AnyRule }
  | { by: string; cases: Record<string, AnyRule> }
  | { fields: Record<string, AnyRule> };

/** How many suggestions are worth showing. */
const SUGGESTIONS = 3;

/** Adds what a value names. */
export function collectNames<T>(rule: Rule<T>, value: T, into: Names): void {
  collect(rule as AnyRule, value, into);
}

/** The value as a reader with this knowledge may see it. */
export function disclose<T>(rule: Rule<T>, value: T, known: Known): T {
  return show(rule as AnyRule, value, known) as T;
}

function collect(rule: AnyRule, value: any, into: Names): void {
  if (value === undefined) return;
  if (rule === 'entity') into.entities.add(value);
  else if (rule === 'json') collectTags(value, into);
  else if (rule === 'suggestions') {
    for (const ref of value as ServiceAccountRef[]) {
      into.serviceAccounts.set(stringifyServiceAccountRef(ref), ref);
    }
  } else if (typeof rule === 'object') {
    if ('each' in rule) {
      for (const item of value) collect(rule.each, item, into);
    } else if ('by' in rule) {
      collect(rule.cases[value[rule.by]], value, into);
    } else {
      for (const [name, field] of Object.entries(rule.fields)) {
        collect(field, value[name], into);
      }
    }
  }
}

function show(rule: AnyRule, value: any, known: Known): unknown {
  if (value === undefined) return undefined;
  switch (rule) {
    case 'verbatim':
      return value;
    case 'sentence':
      return known.withoutHidden(value);
    case 'entity':
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
    case 'json':
      return showJson(value, known);
    default:
  }
  if (typeof rule === 'string') throw new Error(`Unknown rule ${rule}`);
  if ('each' in rule) {
    return value.map((item: unknown) => show(rule.each, item, known));
  }
  if ('by' in rule) return show(rule.cases[value[rule.by]], value, known);
  return Object.fromEntries(
    Object.entries(rule.fields).flatMap(([name, field]) => {
      const shown = show(field, value[name], known);
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
