import { AwsRequest } from '../protocol/request';
import { invalidParameter } from './errors';

/** Type of a member of a request body. */
type Kind = 'string' | 'boolean' | 'object' | 'array';

/** The JSON body of a request; refuses invalid JSON, unknown members and members of another type. */
export function readBody(
  request: AwsRequest,
  known: Record<string, Kind>,
): Record<string, unknown> {
  const text = request.body.toString('utf8');
  let body: unknown;
  try {
    body = text === '' ? {} : JSON.parse(text);
  } catch {
    body = undefined;
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidParameter('Could not parse request body into json.');
  }
  for (const [name, value] of Object.entries(body)) {
    if (!Object.hasOwn(known, name)) {
      throw invalidParameter(`Unrecognized parameter: ${name}`);
    }
    const actual = Array.isArray(value) ? 'array' : typeof value;
    if (value !== null && actual !== known[name]) {
      throw invalidParameter(
        `The parameter ${name} must be of type ${known[name]}.`,
      );
    }
  }
  return Object.fromEntries(
    Object.entries(body).filter(([, value]) => value !== null),
  );
}

/** A required member that must not be empty. */
export function requireText(
  body: Record<string, unknown>,
  name: string,
): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '') {
    throw invalidParameter(`The parameter ${name} must not be blank`);
  }
  return value;
}

/** The tags of a request, checked against EKS's rules. */
export function readTags(value: unknown): Record<string, string> {
  if (value === undefined) {
    return {};
  }
  const tags = value as Record<string, unknown>;
  if (Object.keys(tags).length > 50) {
    throw invalidParameter(
      'The number of tags exceeds the maximum of 50 tags per resource.',
    );
  }
  const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
  const result: Record<string, string> = {};
  for (const [key, tag] of Object.entries(tags)) {
    if (key.length < 1 || key.length > 128 || !allowed.test(key)) {
      throw invalidParameter(`Tag key ${key} is invalid.`);
    }
    if (key.toLowerCase().startsWith('aws:')) {
      throw invalidParameter(
        `Tag key ${key} is invalid: the prefix aws: is reserved.`,
      );
    }
    if (typeof tag !== 'string' || tag.length > 256 || !allowed.test(tag)) {
      throw invalidParameter(`Tag value of key ${key} is invalid.`);
    }
    result[key] = tag;
  }
  return result;
}

/** A query parameter that may be given only once. */
export function queryText(
  request: AwsRequest,
  name: string,
): string | undefined {
  const value = request.query[name];
  return Array.isArray(value) ? value[0] : value;
}

/** One page of a list, by `maxResults` and `nextToken`. */
export function pageOf<T>(
  request: AwsRequest,
  items: T[],
  most = 100,
): { items: T[]; nextToken?: string } {
  const sizeText = queryText(request, 'maxResults');
  const size = sizeText === undefined ? most : Number(sizeText);
  if (!Number.isInteger(size) || size < 1 || size > most) {
    throw invalidParameter(`maxResults needs to be between 1 and ${most}.`);
  }
  const token = queryText(request, 'nextToken');
  let start = 0;
  if (token) {
    const found = /^offset:(\d+)$/.exec(
      Buffer.from(token, 'base64url').toString(),
    );
    if (!found) {
      throw invalidParameter('The specified nextToken is invalid.');
    }
    start = Number(found[1]);
  }
  const end = start + size;
  return {
    items: items.slice(start, end),
    nextToken:
      end < items.length
        ? Buffer.from(`offset:${end}`).toString('base64url')
        : undefined,
  };
}
