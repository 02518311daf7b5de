import { InputError } from '@backstage/errors';
import { z } from 'zod/v3';
import { asAnswer } from '../operation/errors';

type Shape = Record<string, z.ZodTypeAny>;

/**
 * The same type without the rules about a string's content.
 *
 * The scaffolder judges inputs by JSON schema before an action sees them, and would answer "does not match pattern
 * …". The rules are judged by the action instead, which says them in words; the types stay in the schema.
 */
function withoutStringRules(type: z.ZodTypeAny): z.ZodTypeAny {
  const described = (relaxed: z.ZodTypeAny) =>
    type.description ? relaxed.describe(type.description) : relaxed;
  if (type instanceof z.ZodOptional) {
    return described(withoutStringRules(type.unwrap()).optional());
  }
  if (type instanceof z.ZodString) return described(z.string());
  if (type instanceof z.ZodArray) {
    return described(z.array(withoutStringRules(type.element)));
  }
  if (type instanceof z.ZodObject) {
    return described(
      z.object(relaxShape((type as z.AnyZodObject).shape)).strict(),
    );
  }
  if (type instanceof z.ZodUnion) {
    const options: z.ZodTypeAny[] = type.options;
    const optional = options.some(option => option.isOptional());
    const relaxed = options.map(option =>
      withoutStringRules(
        option instanceof z.ZodOptional ? option.unwrap() : option,
      ),
    ) as [z.ZodTypeAny, z.ZodTypeAny];
    return described(optional ? z.union(relaxed).optional() : z.union(relaxed));
  }
  return type;
}

function relaxShape(shape: Shape): Shape {
  return Object.fromEntries(
    Object.entries(shape).map(([key, type]) => [key, withoutStringRules(type)]),
  );
}

/** Turns a shape into what `createTemplateAction` takes as its input schema, keeping the shape's own types. */
export function inputSchemaOf<T extends Shape>(
  shape: T,
): { [K in keyof T]: () => T[K] } {
  return Object.fromEntries(
    Object.entries(relaxShape(shape)).map(([key, type]) => [key, () => type]),
  ) as { [K in keyof T]: () => T[K] };
}

/** Forms leave a field that was not filled in as an empty text; the two that may be cleared keep theirs. */
function withoutEmpty(input: unknown, clearable: string[]): unknown {
  if (typeof input !== 'object' || input === null) return input;
  return Object.fromEntries(
    Object.entries(input).filter(
      ([key, value]) =>
        value !== null && (value !== '' || clearable.includes(key)),
    ),
  );
}

/** All that is wrong with an input, a sentence each. */
export function findInputProblems(
  schema: z.ZodTypeAny,
  input: unknown,
  clearable: string[] = [],
): string[] {
  const parsed = schema.safeParse(withoutEmpty(input, clearable));
  return parsed.success ? [] : parsed.error.issues.map(sentence);
}

/**
 * The input as the engine takes it.
 *
 * @throws InputError with every problem in words
 */
export function parseInput<T extends z.ZodTypeAny>(
  schema: T,
  input: unknown,
  clearable: string[] = [],
): z.output<T> {
  const problems = findInputProblems(schema, input, clearable);
  if (problems.length > 0) throw asAnswer(new InputError(problems.join('; ')));
  return schema.parse(withoutEmpty(input, clearable));
}

function sentence(issue: z.ZodIssue): string {
  const path = issue.path.join('.');
  if (issue.code === 'invalid_type' && issue.received === 'undefined') {
    return `${path} is required`;
  }
  if (issue.code === 'invalid_union') {
    // The first alternative is the full form, the others are ways to clear it
    const [first] = issue.unionErrors;
    if (first?.issues[0]) return sentence(first.issues[0]);
  }
  return path ? `${path} ${lowerFirst(issue.message)}` : issue.message;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLocaleLowerCase('en') + text.slice(1);
}
