import { AwsError } from '../errors';
import { QueryParameters, QueryValue } from '../protocol/query';

/** Rule for one text parameter. */
export interface TextRule {
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  pattern?: RegExp;
  /** IAM's message when the pattern does not match. */
  patternMessage?: string;
}

const decapitalize = (name: string) => name[0].toLowerCase() + name.slice(1);

/** Names of IAM users, roles, policies and so on. */
const NAME_PATTERN = /^[\w+=,.@-]+$/;

const nameMessage = (name: string) =>
  `The specified value for ${decapitalize(
    name,
  )} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`;

/** Reads the parameters of a query-protocol call; refuses missing, malformed or unknown ones. */
export class Parameters {
  readonly #read = new Set<string>();

  constructor(private readonly values: QueryParameters) {}

  /** An optional text parameter. */
  text(name: string, rule: TextRule = {}): string | undefined {
    this.#read.add(name);
    const value = this.values[name];
    if (value === undefined) {
      if (rule.required) {
        throw this.#constraint('null', name, 'Member must not be null');
      }
      return undefined;
    }
    if (typeof value !== 'string') {
      throw new AwsError('MalformedInput', `${name} must be a text`, 400);
    }
    const { minLength = 0, maxLength = Infinity, pattern } = rule;
    if (value.length < minLength) {
      throw this.#constraint(
        `'${value}'`,
        name,
        `Member must have length greater than or equal to ${minLength}`,
      );
    }
    if (value.length > maxLength) {
      throw this.#constraint(
        `'${value}'`,
        name,
        `Member must have length less than or equal to ${maxLength}`,
      );
    }
    if (pattern && !pattern.test(value)) {
      throw rule.patternMessage
        ? new AwsError('ValidationError', rule.patternMessage, 400)
        : this.#constraint(
            `'${value}'`,
            name,
            `Member must satisfy regular expression pattern: ${pattern.source}`,
          );
    }
    return value;
  }

  /** A required text parameter. */
  required(name: string, rule: TextRule = {}): string {
    return this.text(name, { ...rule, required: true }) as string;
  }

  /** A name that IAM allows. */
  name(name: string, maxLength: number): string {
    return this.required(name, {
      minLength: 1,
      maxLength,
      pattern: NAME_PATTERN,
      patternMessage: nameMessage(name),
    });
  }

  /** The path of a new resource; `/` by default. */
  path(name = 'Path'): string {
    return (
      this.text(name, {
        maxLength: 512,
        pattern: /^(\/|\/[\u0021-\u007E]+\/)$/,
        patternMessage: `The specified value for ${decapitalize(
          name,
        )} is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.`,
      }) ?? '/'
    );
  }

  arn(name: string, required = true): string | undefined {
    return this.text(name, {
      required,
      minLength: 20,
      maxLength: 2048,
      pattern: /^arn:aws[\w-]*:iam::(\d{12}|aws):.+$/,
      patternMessage: `ARN ${this.values[name]} is not valid.`,
    });
  }

  /** A whole number. */
  integer(
    name: string,
    range: { min: number; max: number },
  ): number | undefined {
    const text = this.text(name);
    if (text === undefined) {
      return undefined;
    }
    const value = Number(text);
    if (!Number.isInteger(value)) {
      throw new AwsError('MalformedInput', `${name} must be a number`, 400);
    }
    if (value < range.min || value > range.max) {
      throw this.#constraint(
        `'${text}'`,
        name,
        value < range.min
          ? `Member must have value greater than or equal to ${range.min}`
          : `Member must have value less than or equal to ${range.max}`,
      );
    }
    return value;
  }

  boolean(name: string): boolean | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : text === 'true';
  }

  /** A list parameter; empty by default. */
  list(name: string): QueryValue[] {
    this.#read.add(name);
    const value = this.values[name];
    if (value === undefined || value === '') {
      return [];
    }
    if (!Array.isArray(value)) {
      throw new AwsError('MalformedInput', `${name} must be a list`, 400);
    }
    return value;
  }

  texts(name: string): string[] {
    return this.list(name).map(item => {
      if (typeof item !== 'string') {
        throw new AwsError('MalformedInput', `${name} must be texts`, 400);
      }
      return item;
    });
  }

  /** A list of `{ Key, Value }`. */
  tags(name = 'Tags'): Record<string, string> {
    const tags: Record<string, string> = {};
    const items = this.list(name);
    if (items.length > 50) {
      throw new AwsError(
        'LimitExceeded',
        'The number of tags has reached the maximum limit.',
        409,
      );
    }
    for (const item of items) {
      const entry = item as { Key?: string; Value?: string };
      checkTag(entry.Key ?? '', entry.Value ?? '');
      if (
        Object.keys(tags).some(
          key => key.toLowerCase() === entry.Key?.toLowerCase(),
        )
      ) {
        throw new AwsError(
          'InvalidInput',
          'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
          400,
        );
      }
      tags[entry.Key!] = entry.Value ?? '';
    }
    return tags;
  }

  /** Call when an operation has read all its parameters; refuses any others instead of ignoring them. */
  done(): void {
    const unknown = Object.keys(this.values).find(
      name => !this.#read.has(name),
    );
    if (unknown) {
      throw new AwsError(
        'ValidationError',
        `The parameter ${unknown} is not recognized`,
        400,
      );
    }
  }

  #constraint(value: string, name: string, constraint: string): AwsError {
    return new AwsError(
      'ValidationError',
      `1 validation error detected: Value ${
        value === 'null' ? 'null' : value
      } at '${decapitalize(name)}' failed to satisfy constraint: ${constraint}`,
      400,
    );
  }
}

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function checkTagMember(
  member: 'key' | 'value',
  text: string,
  range: { min: number; max: number },
) {
  if (text.length >= range.min && text.length <= range.max) {
    if (TAG_TEXT.test(text)) {
      return;
    }
  }
  const constraint =
    text.length > range.max
      ? `Member must have length less than or equal to ${range.max}`
      : 'Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+';
  throw new AwsError(
    'ValidationError',
    `1 validation error detected: Value '${text}' at 'tags.1.member.${member}' failed to satisfy constraint: ${constraint}`,
    400,
  );
}

function checkTag(key: string, value: string) {
  checkTagMember('key', key, { min: 1, max: 128 });
  checkTagMember('value', value, { min: 0, max: 256 });
  if (key.toLowerCase().startsWith('aws:')) {
    throw new AwsError(
      'InvalidInput',
      'Caller is not allowed to modify tag keys starting with aws:',
      400,
    );
  }
}
