import { AwsError } from '../errors';
import { QueryParameters, QueryValue, structure } from '../protocol/query';

/** A filter: any of its values may match, and all filters must match. */
export interface Filter {
  name: string;
  values: string[];
}

/** Reads a list of the EC2 protocol, which numbers items directly after the name: `SubnetId.1`. */
function items(value: QueryValue | undefined): QueryValue[] {
  if (value === undefined || typeof value === 'string') {
    return [];
  }
  if (Array.isArray(value)) {
    return value;
  }
  return Object.keys(value)
    .sort((a, b) => Number(a) - Number(b))
    .map(key => value[key]);
}

const texts = (value: QueryValue | undefined) =>
  items(value).filter((item): item is string => typeof item === 'string');

/** Reads the parameters of an EC2 call; refuses malformed or unknown ones with EC2's errors. */
export class Ec2Parameters {
  readonly #values: QueryParameters;
  readonly #read = new Set<string>();

  constructor(flat: Record<string, string>) {
    this.#values = structure(flat);
  }

  #value(name: string): QueryValue | undefined {
    this.#read.add(name);
    return this.#values[name];
  }

  text(name: string): string | undefined {
    const value = this.#value(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) {
      throw new AwsError(
        'MissingParameter',
        `The request must contain the parameter ${name}`,
      );
    }
    return value;
  }

  boolean(name: string): boolean | undefined {
    const value = this.text(name);
    if (value !== undefined && value !== 'true' && value !== 'false') {
      throw new AwsError(
        'InvalidParameterValue',
        `Invalid value '${value}' for ${name}. Must be 'true' or 'false'`,
      );
    }
    return value === undefined ? undefined : value === 'true';
  }

  /** One of several words. */
  oneOf<T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.text(name);
    const word = words.find(one => one === value);
    if (value !== undefined && word === undefined) {
      throw new AwsError(
        'InvalidParameterValue',
        `Invalid value '${value}' for ${name}. Must be one of ${words.join(
          ', ',
        )}`,
      );
    }
    return word;
  }

  /** A parameter with members, such as `IamInstanceProfile.Name`. */
  structure(name: string): QueryParameters {
    const value = this.#value(name);
    return typeof value === 'object' && !Array.isArray(value) ? value : {};
  }

  /** `MaxResults`; a page is never larger than 1000. */
  pageSize(): number {
    const value = this.text('MaxResults');
    const size = value === undefined ? 1_000 : Number(value);
    if (!Number.isInteger(size) || size < 5) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ( ${value} ) for parameter maxResults is invalid. Expecting a value greater than 5.`,
      );
    }
    return Math.min(size, 1_000);
  }

  list(name: string): string[] {
    return texts(this.#value(name));
  }

  filters(): Filter[] {
    return items(this.#value('Filter')).map((filter, index) => {
      const { Name, Value } = filter as QueryParameters;
      if (typeof Name !== 'string') {
        throw new AwsError(
          'MissingParameter',
          `The request must contain the parameter Filter.${index + 1}.Name`,
        );
      }
      return { name: Name, values: texts(Value) };
    });
  }

  /** Tags for the resource that the call creates. */
  tags(resourceType: string): Record<string, string> {
    const tags: Record<string, string> = {};
    for (const specification of items(this.#value('TagSpecification'))) {
      const { ResourceType, Tag } = specification as QueryParameters;
      if (ResourceType !== resourceType) {
        throw new AwsError(
          'InvalidParameterValue',
          `'${ResourceType}' is not a valid taggable resource type for this operation.`,
        );
      }
      for (const tag of items(Tag)) {
        const { Key, Value } = tag as Record<string, string>;
        tags[Key] = Value ?? '';
      }
    }
    return tags;
  }

  /** Call when an operation has read all its parameters; refuses any others. */
  done(): void {
    const unknown = Object.keys(this.#values).find(
      name => !this.#read.has(name),
    );
    if (unknown) {
      throw new AwsError(
        'UnknownParameter',
        `The parameter ${unknown} is not recognized`,
      );
    }
  }
}
