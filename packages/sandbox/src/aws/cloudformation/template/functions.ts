import { validationError } from '../errors';

/** Takes the property, or the item of a list, away. */
export const NO_VALUE = Symbol('AWS::NoValue');

/** What the functions of a template may look up. */
export interface Scope {
  /** Of a parameter, a pseudo parameter or a resource; undefined for none of them. */
  ref(name: string): unknown;
  /** Undefined where the resource has no such attribute. */
  attribute(logicalId: string, name: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, first: string, second: string): unknown;
}

type Evaluate = (value: unknown) => unknown;
type IntrinsicFunction = (
  argument: any,
  valueOf: Evaluate,
  scope: Scope,
) => unknown;

const fault = (text: string) => validationError(`Template error: ${text}`);

function listOf(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) {
    throw fault(`every ${name} object requires a list`);
  }
  return value;
}

function refTo(name: unknown, scope: Scope): unknown {
  const value = scope.ref(String(name));
  if (value === undefined) {
    throw validationError(
      `Template format error: Unresolved resource dependencies [${name}] in the Resources block of the template`,
    );
  }
  return value;
}

function attributeOf(logicalId: string, name: string, scope: Scope): unknown {
  if (scope.ref(logicalId) === undefined) {
    throw fault(
      `instance of Fn::GetAtt references undefined resource ${logicalId}`,
    );
  }
  const value = scope.attribute(logicalId, name);
  if (value === undefined) {
    throw fault(
      `resource ${logicalId} does not support attribute type ${name} in Fn::GetAtt`,
    );
  }
  return value;
}

const substitute: IntrinsicFunction = (argument, valueOf, scope) => {
  const [text, own] = Array.isArray(argument) ? argument : [argument, {}];
  const variables = Object.fromEntries(
    Object.entries(own ?? {}).map(([name, item]) => [name, valueOf(item)]),
  );
  return String(text).replace(
    /\$\{(!?)([^}]+)\}/g,
    (_, literal: string, name: string) => {
      if (literal) {
        return `\${${name}}`;
      }
      if (Object.hasOwn(variables, name)) {
        return String(variables[name]);
      }
      const dot = name.indexOf('.');
      return String(
        dot < 0
          ? refTo(name, scope)
          : attributeOf(name.slice(0, dot), name.slice(dot + 1), scope),
      );
    },
  );
};

const select: IntrinsicFunction = (argument, valueOf) => {
  const [index, list] = listOf(argument, 'Fn::Select');
  const items = listOf(valueOf(list), 'Fn::Select');
  const found = items[Number(valueOf(index))];
  if (found === undefined) {
    throw fault('Fn::Select cannot select nonexistent value at index');
  }
  return found;
};

/** The functions of property values and conditions, by their long names. */
const FUNCTIONS: Record<string, IntrinsicFunction> = {
  Ref: (name, _evaluate, scope) => refTo(name, scope),
  Condition: (name, _evaluate, scope) => scope.condition(name),
  'Fn::GetAtt': (argument, valueOf, scope) => {
    const [id, name] =
      typeof argument === 'string' ? argument.split(/\.(.*)/) : argument;
    return attributeOf(id, String(valueOf(name)), scope);
  },
  'Fn::Sub': substitute,
  'Fn::Join': (argument, valueOf) => {
    const [separator, list] = listOf(argument, 'Fn::Join');
    return listOf(valueOf(list), 'Fn::Join').join(String(separator));
  },
  'Fn::Select': select,
  'Fn::Split': (argument, valueOf) => {
    const [separator, text] = listOf(argument, 'Fn::Split');
    return String(valueOf(text)).split(String(separator));
  },
  'Fn::If': (argument, valueOf, scope) => {
    const [name, yes, no] = listOf(argument, 'Fn::If');
    return valueOf(scope.condition(String(name)) ? yes : no);
  },
  'Fn::Equals': (argument, valueOf) => {
    const [one, other] = listOf(argument, 'Fn::Equals').map(valueOf);
    return JSON.stringify(one) === JSON.stringify(other);
  },
  'Fn::Not': (argument, valueOf) => !valueOf(listOf(argument, 'Fn::Not')[0]),
  'Fn::And': (argument, valueOf) =>
    listOf(argument, 'Fn::And').every(item => valueOf(item)),
  'Fn::Or': (argument, valueOf) =>
    listOf(argument, 'Fn::Or').some(item => valueOf(item)),
  'Fn::FindInMap': (argument, valueOf, scope) => {
    const [map, first, second] = listOf(argument, 'Fn::FindInMap').map(item =>
      String(valueOf(item)),
    );
    return scope.mapping(map, first, second);
  },
};

/** The name and argument of a function call; undefined for any other value. */
export function functionCall(
  value: unknown,
): { name: string; argument: unknown } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return undefined;
  }
  const keys = Object.keys(value);
  // A property or condition key of a policy may have the name Condition, too; its value is then no text.
  const isCall =
    keys.length === 1 &&
    (keys[0] === 'Ref' ||
      keys[0].startsWith('Fn::') ||
      (keys[0] === 'Condition' &&
        typeof (value as Record<string, unknown>)[keys[0]] === 'string'));
  return isCall
    ? { name: keys[0], argument: (value as Record<string, unknown>)[keys[0]] }
    : undefined;
}

/** A value of a template with its functions carried out. */
export function evaluate(value: unknown, scope: Scope): unknown {
  const call = functionCall(value);
  const inner: Evaluate = item => evaluate(item, scope);
  if (call) {
    if (!Object.hasOwn(FUNCTIONS, call.name)) {
      throw validationError(
        `Template error: ${call.name} is not among the functions that the sandbox carries out`,
      );
    }
    return FUNCTIONS[call.name](call.argument, inner, scope);
  }
  if (Array.isArray(value)) {
    return value.map(inner).filter(item => item !== NO_VALUE);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, item]) => [key, inner(item)] as const)
        .filter(([, item]) => item !== NO_VALUE),
    );
  }
  return value;
}
