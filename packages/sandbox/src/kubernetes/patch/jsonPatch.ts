import { ApiError, badRequest } from '../api/status';
import { clone } from '../types';

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

const unescape = (segment: string) =>
  segment.replace(/~1/g, '/').replace(/~0/g, '~');

const refused = (detail: string) =>
  new ApiError(
    422,
    'Invalid',
    `the server rejected our request due to an error in our request`,
    { causes: [{ message: detail }] },
  );

function segmentsOf(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) {
    throw badRequest(
      `error in JSON patch: invalid path ${JSON.stringify(path)}`,
    );
  }
  return path.slice(1).split('/').map(unescape);
}

function locate(document: any, path: string) {
  const segments = segmentsOf(path);
  const last = segments.pop();
  let parent = document;
  for (const segment of segments) {
    parent = parent?.[segment];
  }
  if (last === undefined || parent === null || typeof parent !== 'object') {
    throw refused(`missing path: ${path}`);
  }
  return { parent, last };
}

function read(document: any, path: string): unknown {
  return segmentsOf(path).reduce((at, segment) => at?.[segment], document);
}

function add(document: any, path: string, value: unknown) {
  const { parent, last } = locate(document, path);
  if (!Array.isArray(parent)) {
    parent[last] = value;
    return;
  }
  const index = last === '-' ? parent.length : Number(last);
  if (!Number.isInteger(index) || index < 0 || index > parent.length) {
    throw refused(`Unable to access invalid index: ${last}`);
  }
  parent.splice(index, 0, value);
}

function remove(document: any, path: string) {
  const { parent, last } = locate(document, path);
  if (!(last in parent)) {
    throw refused(`Unable to remove nonexistent key: ${last}`);
  }
  if (Array.isArray(parent)) {
    parent.splice(Number(last), 1);
  } else {
    delete parent[last];
  }
}

const same = (a: unknown, b: unknown) =>
  JSON.stringify(a) === JSON.stringify(b);

function run(document: any, operation: Operation) {
  const { op, path, from = '' } = operation;
  switch (op) {
    case 'add':
      add(document, path, clone(operation.value));
      break;
    case 'remove':
      remove(document, path);
      break;
    case 'replace': {
      const { parent, last } = locate(document, path);
      if (!(last in parent)) {
        throw refused(
          `replace operation does not apply: doc is missing key: ${path}: missing value`,
        );
      }
      parent[last] = clone(operation.value);
      break;
    }
    case 'test':
      if (!same(read(document, path) ?? null, operation.value ?? null)) {
        throw refused(`testing value ${path} failed: test failed`);
      }
      break;
    case 'move': {
      const value = read(document, from);
      remove(document, from);
      add(document, path, value);
      break;
    }
    case 'copy':
      add(document, path, clone(read(document, from)));
      break;
    default:
      throw refused(`Unexpected kind: ${op}`);
  }
}

/** RFC 6902. */
export function applyJsonPatch<T>(document: T, patch: unknown): T {
  if (!Array.isArray(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  }
  const result = clone(document);
  patch.forEach(operation => run(result, operation));
  return result;
}
