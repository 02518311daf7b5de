import { InputError } from '@backstage/errors';

/** A statement as AWS stores it: scalars and arrays mean the same. */
export interface PolicyStatement {
  Sid?: string;
  Effect?: string;
  Principal?: unknown;
  NotPrincipal?: unknown;
  Action?: unknown;
  NotAction?: unknown;
  Resource?: unknown;
  NotResource?: unknown;
  Condition?: unknown;
  [key: string]: unknown;
}

/** A policy document with its statements as a list; everything else unchanged. */
export interface PolicyDocument {
  Version?: string;
  Id?: string;
  Statement: PolicyStatement[];
  [key: string]: unknown;
}

/** Longest document, in characters: IAM takes no longer one (API reference of PutRolePolicy, `PolicyDocument`). */
const LONGEST = 131_072;

function decode(text: string): string {
  if (text.trimStart().startsWith('{')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InputError('The policy document is not JSON');
  }
}

/**
 * Reads a policy document: an object, JSON, or percent-encoded JSON as GetRole returns it (RFC 3986).
 *
 * @throws InputError when it is not a policy document
 */
export function parsePolicyDocument(document: unknown): PolicyDocument {
  let parsed: unknown = document;
  if (typeof document === 'string') {
    const text = decode(document);
    if (text.length > LONGEST) {
      throw new InputError(
        `The policy document has ${text.length} characters, and at most ${LONGEST} are read`,
      );
    }
    try {
      parsed = JSON.parse(text);
    } catch {
      throw new InputError('The policy document is not JSON');
    }
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new InputError('The policy document is not a JSON object');
  }
  const { Statement, ...rest } = parsed as Record<string, unknown>;
  const statements = asList(Statement);
  if (statements.some(s => typeof s !== 'object' || s === null)) {
    throw new InputError(
      'The policy document holds a statement that is not an object',
    );
  }
  return { ...rest, Statement: statements as PolicyStatement[] };
}

/** IAM lets a list of one be written without brackets. */
export function asList(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
