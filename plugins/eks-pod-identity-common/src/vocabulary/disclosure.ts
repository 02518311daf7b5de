import { z } from 'zod/v3';

/**
 * How a value becomes part of an answer to one reader.
 *
 * - `plain`: names nothing but what a reader of its service account may know
 * - `sentence`: entities that are not for the reader are replaced in it
 * - `entityRef`: left out where the entity is not for the reader
 * - `links`: links to pages of such entities are left out
 * - `suggestions`: service accounts; only those that the reader may see, three at most
 * - `person`: left out where the reader is not allowed to read the identity that the object around it names as its `ref`
 * - `json`: a resource as AWS or Kubernetes shows it, maybe with our tags
 *
 * @public
 */
export type Disclosure =
  | 'plain'
  | 'sentence'
  | 'entityRef'
  | 'links'
  | 'suggestions'
  | 'person'
  | 'json';

/** The disclosure of each part of a value. @public */
export type Rule =
  | Disclosure
  | { each: Rule }
  | { by: string; cases: Record<string, Rule> }
  | { fields: Record<string, Rule> };

/** A schema that says what its value names. @public */
export interface Marked<T> extends z.ZodType<T> {
  _def: z.ZodTypeDef & { disclosure: Disclosure };
}

function marked<T>(schema: z.ZodType<T>, disclosure: Disclosure): Marked<T> {
  const wrapped = new z.ZodBranded({
    typeName: z.ZodFirstPartyTypeKind.ZodBranded,
    type: schema,
    disclosure,
  } as z.ZodBrandedDef<z.ZodTypeAny>);
  return wrapped as unknown as Marked<T>;
}

/** A text that names nothing but what a reader of its service account may know: an id, an ARN, a URL, a time. */
export const plain = (schema: z.ZodType<string> = z.string()) =>
  marked(schema, 'plain');

/** A text that may name anything. A bare `z.string()` counts as one. */
export const sentence = () => marked(z.string(), 'sentence');

/** Of an optional field: the ref of an entity, or the user or service that started something. */
export const entityRef = () => marked(z.string(), 'entityRef');

/** Of an optional field: who did something to the identity of the `ref` of an object around it. */
export const person = () => marked(z.string(), 'person');

/** Links to pages. */
export const links = (schema: z.ZodType<{ title: string; url: string }[]>) =>
  marked(schema, 'links');

/** Of an optional field: service accounts that may be meant. */
export const suggestions = <T>(schema: z.ZodType<T[]>) =>
  marked(schema, 'suggestions');

/** A schema as the walk over it sees it; `instanceof` would depend on which copy of zod made it. */
type AnyDef = { typeName: z.ZodFirstPartyTypeKind } & Record<string, any>;

/** Fields of what stands in a list only with a mark. */
const MARKED_LISTS = [
  ['cluster', 'namespace', 'serviceAccount'],
  ['title', 'url'],
];

const known = new WeakMap<z.ZodTypeAny, Rule>();

/**
 * How an answer with this schema is disclosed.
 *
 * @throws Error if a part of it has no rule, or could be left out although the answer must have it
 * @public
 */
export function ruleOf(schema: z.ZodTypeAny): Rule {
  const rule = known.get(schema) ?? findRule(schema);
  known.set(schema, rule);
  return rule;
}

function findRule(schema: z.ZodTypeAny): Rule {
  const def = schema._def as AnyDef;
  switch (def.typeName) {
    case 'ZodBranded':
      return def.disclosure ?? ruleOf(def.type);
    case 'ZodOptional':
      return ruleOf(def.innerType);
    case 'ZodString':
      return 'sentence';
    case 'ZodNumber':
    case 'ZodBoolean':
    case 'ZodEnum':
    case 'ZodLiteral':
      return 'plain';
    case 'ZodRecord':
    case 'ZodUnknown':
      return 'json';
    case 'ZodArray':
      return { each: ofItem(def.type) };
    case 'ZodObject':
      return { fields: mapValues(def.shape(), ofField) };
    case 'ZodDiscriminatedUnion':
      return {
        by: def.discriminator,
        cases: mapValues(Object.fromEntries(def.optionsMap), ruleOf),
      };
    default:
      throw new Error(`There is no rule to disclose a ${def.typeName}`);
  }
}

function ofItem(schema: z.ZodTypeAny): Rule {
  const rule = ofField(schema, 'an item');
  const fields =
    typeof rule === 'object' && 'fields' in rule ? rule.fields : {};
  if (MARKED_LISTS.some(names => names.every(name => name in fields))) {
    throw new Error(
      'A list of links or of service accounts says so: links(), suggestions()',
    );
  }
  return rule;
}

function ofField(schema: z.ZodTypeAny, name: string): Rule {
  const rule = ruleOf(schema);
  if (
    (rule === 'entityRef' || rule === 'suggestions' || rule === 'person') &&
    !schema.isOptional()
  ) {
    throw new Error(`${name} can be left out, so it must be optional`);
  }
  return rule;
}

function mapValues<From, To>(
  from: Record<string, From>,
  to: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(
    Object.entries(from).map(([name, value]) => [name, to(value, name)]),
  );
}
