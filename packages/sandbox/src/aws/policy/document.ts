/** One value or a list: policy documents allow both almost everywhere. */
export type OneOrMany<T> = T | T[];

/** `"*"` or principals by type: `AWS`, `Service`, `Federated`, `CanonicalUser`. */
export type PrincipalElement = '*' | Record<string, OneOrMany<string>>;

/** Operator → condition key → values. */
export type ConditionElement = Record<
  string,
  Record<string, OneOrMany<string | number | boolean>>
>;

/** A statement of an IAM policy document. */
export interface Statement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Principal?: PrincipalElement;
  NotPrincipal?: PrincipalElement;
  Action?: OneOrMany<string>;
  NotAction?: OneOrMany<string>;
  Resource?: OneOrMany<string>;
  NotResource?: OneOrMany<string>;
  Condition?: ConditionElement;
}

/** A parsed IAM policy document. */
export interface PolicyDocument {
  Version?: string;
  Id?: string;
  Statement: OneOrMany<Statement>;
}

/** A document of statements. */
export const document = (...statements: Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

/** Makes a list of one value, many or none. */
export function many<T>(value: OneOrMany<T> | undefined): T[] {
  if (value === undefined) {
    return [];
  }
  return Array.isArray(value) ? value : [value];
}

/** Parses a stored document. Documents are validated when written and stored as text. */
export function parseStored(text: string): PolicyDocument {
  return JSON.parse(text) as PolicyDocument;
}
