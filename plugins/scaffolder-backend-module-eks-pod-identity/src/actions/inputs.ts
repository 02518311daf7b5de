import { InputError } from '@backstage/errors';
import { problemsOf } from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import { asAnswer } from '../operation/errors';

type Shape = Record<string, z.ZodTypeAny>;

/** Only for actions: whatever orders an operation otherwise can order its undoing as well. */
export const undoShape = {
  undoWhenCancelled: z
    .boolean()
    .optional()
    .describe(
      'When the task is cancelled during this step, remove what the task created at this service account; default false',
    ),
  undoWhenFailed: z
    .boolean()
    .optional()
    .describe(
      'When this step fails, remove what the task created at this service account; default false. After a verification only what is broken is removed: what could not be tested may well work',
    ),
};

/** The input for the engine, and what the action itself does. */
export function splitUndo<
  T extends { undoWhenCancelled?: unknown; undoWhenFailed?: unknown },
>({ undoWhenCancelled, undoWhenFailed, ...input }: T) {
  return {
    input,
    undoWhenCancelled: undoWhenCancelled === true,
    undoWhenFailed: undoWhenFailed === true,
  };
}

/**
 * The same type without the rules about the content of a string.
 *
 * The scaffolder validates inputs against the JSON schema before an action sees them, and would answer "does not match
 * pattern …". The action checks these rules itself and explains them in words; the types stay in the schema.
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

/** A shape as `createTemplateAction` takes its input schema, with the types of the shape. */
export function inputSchemaOf<T extends Shape>(
  shape: T,
): { [K in keyof T]: () => T[K] } {
  return Object.fromEntries(
    Object.entries(relaxShape(shape)).map(([key, type]) => [key, () => type]),
  ) as { [K in keyof T]: () => T[K] };
}

/** True if an empty text is a valid value, which clears what was set before. */
function isClearable(type: z.ZodTypeAny): boolean {
  if (type instanceof z.ZodOptional) return isClearable(type.unwrap());
  if (type instanceof z.ZodUnion) return type.options.some(isClearable);
  return type instanceof z.ZodLiteral && type.value === '';
}

/** Forms leave an empty text in a field that was not filled in. */
function withoutEmpty(schema: z.AnyZodObject, input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  return Object.fromEntries(
    Object.entries(input).filter(([key, value]) => {
      if (value !== '') return value !== null;
      const type = schema.shape[key];
      return type && isClearable(type);
    }),
  );
}

/** What is wrong with an input, a sentence each. */
export function findInputProblems(
  schema: z.AnyZodObject,
  input: unknown,
): string[] {
  const parsed = schema.safeParse(withoutEmpty(schema, input));
  return parsed.success ? [] : problemsOf(parsed.error.issues, 'the input');
}

/**
 * The input as the engine takes it.
 *
 * @throws InputError that names every problem
 */
export function parseInput<T extends z.AnyZodObject>(
  schema: T,
  input: unknown,
): z.output<T> {
  const problems = findInputProblems(schema, input);
  if (problems.length > 0) throw asAnswer(new InputError(problems.join('; ')));
  return schema.parse(withoutEmpty(schema, input));
}
