import { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { ApiError, badRequest, unsupportedMediaType } from '../model/status';
import { parseGoJson } from './goJson';
import { decodeProtobuf } from './protobuf';

/** The API server's limit. */
const MOST_BYTES = 3 * 1024 * 1024;

const ACCEPTED = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
];

const read = new WeakMap<IncomingMessage, Promise<Buffer>>();

/** The body, which may be asked for more than once. */
export function readBytes(request: IncomingMessage): Promise<Buffer> {
  const bytes = read.get(request) ?? receive(request);
  read.set(request, bytes);
  return bytes;
}

async function receive(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MOST_BYTES) {
      throw new ApiError(
        413,
        'RequestEntityTooLarge',
        `Request entity too large: limit is ${MOST_BYTES}`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export const contentTypeOf = (request: IncomingMessage) =>
  (request.headers['content-type'] ?? 'application/json')
    .split(';')[0]
    .trim()
    .toLowerCase();

const SUMMARY_BYTES = 30;

/** How the API server shows a body that it cannot read. */
function summaryOf(bytes: Buffer): string {
  if (bytes.length === 0) {
    return '<empty>';
  }
  const start = bytes.subarray(0, SUMMARY_BYTES);
  const text =
    start[0] === '{'.charCodeAt(0)
      ? start.toString('utf8')
      : start.toString('hex');
  return bytes.length > SUMMARY_BYTES ? `${text} ...` : text;
}

function parseYamlText(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw badRequest(`yaml: ${(error as Error).message.split('\n')[0]}`);
  }
}

function parseProtobuf(bytes: Buffer): unknown {
  try {
    return decodeProtobuf(bytes);
  } catch (error) {
    throw badRequest(`error decoding protobuf: ${(error as Error).message}`);
  }
}

const GO_NAMES: Record<string, string> = { boolean: 'bool' };

/** An object with kind and version, or the reason why the bytes are none. */
function parseObject(bytes: Buffer): unknown {
  const value = parseGoJson(bytes.toString('utf8'));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const type = Array.isArray(value) ? 'array' : typeof value;
    throw new SyntaxError(
      `json: cannot unmarshal ${
        GO_NAMES[type] ?? type
      } into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  return value;
}

function parseBody(type: string, bytes: Buffer, kind: string): unknown {
  switch (type) {
    case 'application/json':
      try {
        return parseObject(bytes);
      } catch (error) {
        throw badRequest(
          `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${
            (error as Error).message
          } (${summaryOf(bytes)})`,
        );
      }
    case 'application/yaml':
      return parseYamlText(bytes.toString('utf8'));
    case 'application/vnd.kubernetes.protobuf': {
      const decoded = parseProtobuf(bytes);
      if (decoded) return decoded;
      throw unsupportedMediaType(ACCEPTED);
    }
    default:
      throw unsupportedMediaType(ACCEPTED);
  }
}

/** Body of a create or update: an object of the kind. */
export async function readObject(
  request: IncomingMessage,
  kind: string,
): Promise<unknown> {
  const bytes = await readBytes(request);
  return parseBody(contentTypeOf(request), bytes, kind);
}

/** Options of a delete; undefined when the body is empty. */
export async function readOptions(
  request: IncomingMessage,
  kind: string,
): Promise<unknown> {
  const bytes = await readBytes(request);
  return bytes.length === 0
    ? undefined
    : parseBody(contentTypeOf(request), bytes, kind);
}

/** Body of a patch: JSON for every patch type, YAML only for apply. */
export async function readPatch(request: IncomingMessage): Promise<unknown> {
  const text = (await readBytes(request)).toString('utf8');
  if (contentTypeOf(request) === 'application/apply-patch+yaml') {
    return parseYamlText(text);
  }
  try {
    return parseGoJson(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}
