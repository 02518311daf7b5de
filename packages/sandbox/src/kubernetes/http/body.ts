import { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { ApiError, badRequest, unsupportedMediaType } from '../model/status';
import { decodeProtobuf } from './protobuf';

/** The API server's limit. */
const MOST_BYTES = 3 * 1024 * 1024;

const ACCEPTED = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
];

async function readBytes(request: IncomingMessage): Promise<Buffer> {
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(
      `couldn't get version/kind; json parse error: ${
        (error as Error).message
      }`,
    );
  }
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

/** Body of a create, update or delete; undefined when it is empty. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) {
    return undefined;
  }
  const type = contentTypeOf(request);
  switch (type) {
    case 'application/json':
      return parseJson(bytes.toString('utf8'));
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

/** Body of a patch: JSON for every patch type, YAML only for apply. */
export async function readPatch(request: IncomingMessage): Promise<unknown> {
  const text = (await readBytes(request)).toString('utf8');
  return contentTypeOf(request) === 'application/apply-patch+yaml'
    ? parseYamlText(text)
    : parseJson(text);
}
