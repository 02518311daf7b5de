import { type ASTNode, Environment, serialize } from '@marcbachmann/cel-js';

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  enableOptionalTypes: true,
});

type Expression = (variables: Record<string, unknown>) => unknown;

/** A policy is evaluated with each request, and its expressions are long. */
const compiled = new Map<string, Expression>();

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value;

/** The nodes below one, in the order in which they are written. */
export const below = ({ args }: ASTNode): ASTNode[] =>
  [args].flat(3).filter(isNode);

/** Writes `has(a[0].b)`, which the library does not know, as `a[0].?b.hasValue()`, which is the same. */
function withoutHas(node: any): void {
  const [name, [argument] = []] = node.op === 'call' ? node.args : [];
  if (name === 'has' && argument?.op === '.') {
    argument.op = '.?';
    node.op = 'rcall';
    node.args = ['hasValue', argument, []];
  }
  below(node).forEach(withoutHas);
}

/** @throws what is wrong with its syntax */
function compile(text: string): Expression {
  const known = compiled.get(text);
  if (known) return known;
  const { ast } = environment.parse(text);
  withoutHas(ast);
  const expression = environment.parse(serialize(ast));
  compiled.set(text, expression);
  return expression;
}

/** @throws what is wrong with its syntax */
export const syntaxOf = (text: string): ASTNode => environment.parse(text).ast;

/** Converts JSON for CEL, where whole numbers are `int`. */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? BigInt(value) : value;
  }
  // Not map(): the library knows an array by its constructor, which may be that of another realm.
  if (Array.isArray(value)) return Array.from(value, toCel);
  if (value && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, toCel(item)]),
    );
  }
  return value ?? null;
}

/** The answers of CEL expressions: a boolean, or the text of the error. */
export type Answer = { value: boolean } | { error: string };

export function evaluate(
  expression: string,
  variables: Record<string, unknown>,
): Answer {
  try {
    return { value: compile(expression)(variables) === true };
  } catch (error) {
    return {
      error: `expression '${expression}' resulted in error: ${
        (error as Error).message
      }`,
    };
  }
}

/** The variables of a policy, each evaluated when an expression first asks for it; one may ask for those before it. */
export function withVariables(
  own: { name: string; expression: string }[] = [],
  given: Record<string, unknown>,
): Record<string, unknown> {
  const variables = {};
  const all = { ...given, variables };
  for (const { name, expression } of own) {
    let value: { of: unknown } | undefined;
    Object.defineProperty(variables, name, {
      enumerable: true,
      get: () => (value ??= { of: compile(expression)(all) }).of,
    });
  }
  return all;
}
