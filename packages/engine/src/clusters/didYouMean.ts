import { nearest } from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';

function unwrap(schema: z.ZodTypeAny): z.ZodTypeAny {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    return unwrap(schema.unwrap());
  }
  if (schema instanceof z.ZodDefault) return unwrap(schema.removeDefault());
  if (schema instanceof z.ZodEffects) return unwrap(schema.innerType());
  return schema;
}

/** Keys that the schema allows at a path. */
function keysAt(schema: z.ZodTypeAny, path: Array<string | number>): string[] {
  let current = unwrap(schema);
  for (const part of path) {
    if (current instanceof z.ZodObject) {
      const inner = current.shape[part];
      if (!inner) return [];
      current = unwrap(inner);
    } else if (current instanceof z.ZodArray) {
      current = unwrap(current.element);
    } else if (current instanceof z.ZodRecord) {
      current = unwrap(current.valueSchema);
    } else {
      return [];
    }
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

/** `eksPodIdentity.clusters[0].region` */
function pathText(root: string, path: Array<string | number>): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return /^[A-Za-z0-9_]+$/.test(part)
      ? `${text}.${part}`
      : `${text}["${part}"]`;
  }, root);
}

/** As people call the types of YAML. */
const TYPES: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'nothing',
  number: 'a number',
  object: 'an object',
  string: 'a text',
};

function typeMismatch({ expected, received }: z.ZodInvalidTypeIssue): string {
  const wanted = TYPES[expected] ?? expected;
  const got = TYPES[received];
  return got ? `${wanted}, not ${got}` : wanted;
}

/** One sentence for each problem, naming its path. */
export function describeIssues(
  schema: z.ZodTypeAny,
  root: string,
  error: z.ZodError,
): string[] {
  return error.issues.flatMap(issue => {
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, issue.path);
      return issue.keys.map(key => {
        const meant = nearest(key, known);
        return `${pathText(root, [...issue.path, key])} is not a setting${
          meant
            ? `: did you mean "${meant}"?`
            : `; known are ${known.join(', ')}`
        }`;
      });
    }
    const where = pathText(root, issue.path);
    if (issue.code === 'invalid_type' && issue.received === 'undefined') {
      return [`${where} is missing`];
    }
    if (issue.code === 'invalid_type') {
      return [`${where} must be ${typeMismatch(issue)}`];
    }
    if (issue.code === 'invalid_enum_value') {
      return [`${where} must be one of ${issue.options.join(', ')}`];
    }
    return [`${where} ${issue.message}`];
  });
}
