import fc from 'fast-check';
import { hostile, hostileText } from './hostile';

/** As much of JSON schema as the OpenAPI document uses. */
export interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  not?: object;
  type?: string;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
}

/** Good values for fields by name, without which few requests would get beyond the first check. */
export type Known = Record<string, fc.Arbitrary<unknown>>;

interface Context {
  document: object;
  known: Known;
  name: string;
}

/** Optional in the schema; without it, nothing of a user is accepted. */
const ALWAYS = 'entityRef';

/** Follows a JSON pointer such as `#/components/schemas/Plan`. */
function resolve(document: object, pointer: string): Schema {
  return pointer
    .slice(2)
    .split('/')
    .map(part => part.replace(/~1/g, '/').replace(/~0/g, '~'))
    .reduce((at: any, part) => at[part], document);
}

const edges = (low: number, high: number) =>
  fc.constantFrom(...new Set([low, low + 1, high - 1, high]));

function text(schema: Schema): fc.Arbitrary<string> {
  const longest = Math.min(schema.maxLength ?? 40, 3_000);
  return fc.oneof(
    fc.string({ minLength: schema.minLength ?? 0, maxLength: 20 }),
    edges(schema.minLength ?? 0, longest).map(length => 'x'.repeat(length)),
  );
}

/** Nothing but its length limits it. */
const isFreeText = ({ type, pattern, enum: words }: Schema) =>
  type === 'string' && !pattern && !words;

/** How many inputs there are to one that has an optional field. */
function rarity(name: string, schema: Schema): number {
  if (name === ALWAYS) return 1;
  return isFreeText(schema) ? 2 : 8;
}

function object(schema: Schema, context: Context): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  if (typeof additionalProperties === 'object') {
    return fc.dictionary(
      fc.constantFrom('team', 'mine', 'cost-center'),
      fromSchema(additionalProperties, context),
      { maxKeys: 2 },
    );
  }
  const fields = Object.entries(properties).map(([name, member]) => {
    const value = fromSchema(member, { ...context, name });
    return fc
      .tuple(
        fc.nat(required.includes(name) ? 0 : rarity(name, member) - 1),
        value,
      )
      .map(([missing, given]) => (missing ? [] : [[name, given] as const]));
  });
  return fc.tuple(...fields).map(given => Object.fromEntries(given.flat()));
}

/** Values that a schema accepts, for the most part: patterns are left to `known`. */
export function fromSchema(
  schema: Schema,
  context: Context,
): fc.Arbitrary<unknown> {
  if (schema.$ref) {
    return fromSchema(resolve(context.document, schema.$ref), context);
  }
  const known = context.known[context.name];
  if (isFreeText(schema)) {
    return fc.oneof(known ?? text(schema), hostileText);
  }
  if (known) return known;
  if (schema.anyOf) {
    const real = schema.anyOf.filter(one => !one.not);
    return fc.oneof(...real.map(one => fromSchema(one, context)));
  }
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'string':
      return text(schema);
    case 'integer':
    case 'number':
      return edges(schema.minimum ?? 0, schema.maximum ?? 1_000);
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(fromSchema(schema.items ?? {}, context), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    case 'object':
      return object(schema, context);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** Every place in a value, the value itself first. */
function placesOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const members = Object.entries(value).slice(0, 30);
  return [
    path,
    ...members.flatMap(([key, member]) =>
      path.length < 6 ? placesOf(member, [...path, key]) : [],
    ),
  ];
}

interface Mutation {
  at: number;
  how: 'replace' | 'drop' | 'add';
  key: string;
  value: unknown;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(50),
  how: fc.constantFrom('replace', 'replace', 'drop', 'add'),
  key: hostileText,
  value: hostile,
});

/** As a parser sets it: `__proto__` becomes a key like any other. */
function set(target: object, key: string, value: unknown) {
  Object.defineProperty(target, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function mutate(value: unknown, { at, how, key, value: other }: Mutation) {
  const places = placesOf(value);
  const path = places[at % places.length];
  if (path.length === 0) return how === 'replace' ? other : value;
  const changed = structuredClone(value) as object;
  const holder = path
    .slice(0, -1)
    .reduce((one: any, part) => one[part], changed);
  const last = path[path.length - 1];
  if (how === 'replace') set(holder, last, other);
  else if (how === 'add') set(holder, key, other);
  else delete holder[last];
  return changed;
}

/** The same values, most of them with something wrong. */
export function mutated(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 2 });
  return fc.oneof(
    { weight: 2, arbitrary: values },
    {
      weight: 3,
      arbitrary: fc
        .tuple(values, mutations)
        .map(([value, changes]) => changes.reduce(mutate, value)),
    },
  );
}
