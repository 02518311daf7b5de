import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WireAnswer } from './wire';

/** One request to a real cluster, and what it answered. */
export interface RecordedRequest {
  id: string;
  /** The caller: a role of the portal, the user without rights, an anonymous one, or one with a false token. */
  as: string;
  method: string;
  path: string;
  /** Content type of the body; JSON when absent. */
  type?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Milliseconds until the cluster had seen the requests before. */
  waitBefore?: number;
  /** A value of the answer that a later request uses: `rv = metadata.resourceVersion`, or `…, URL-encoded`. */
  keeps?: string;
  /** Absent where only the effect of the request matters. */
  answer?: RecordedAnswer;
}

interface RecordedAnswer {
  status: number;
  type?: string;
  warning?: string;
  body?: unknown;
}

/** The requests that a cluster of version 1.36 was sent, in their order, each file from the same start. */
export const recordedRequests = (file: string): RecordedRequest[] =>
  readFileSync(join(__dirname, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));

/** A body in the form that the recording keeps: some are cut down to what was looked at. */
const SHORT_FORMS: Record<string, (body: any) => unknown> = {
  'version-anonymous': body => Object.keys(body).sort(),
  'rules-review': ({ kind, status }) => ({
    kind,
    incomplete: status.incomplete,
    rules: status.resourceRules.map((rule: any) => JSON.stringify(rule)).sort(),
  }),
  ds: ({ items }) =>
    items.map((item: any) => ({ n: item.metadata.name, s: item.status })),
  nodes: ({ items }) =>
    items.map(({ metadata, status }: any) => ({
      l: Object.keys(metadata.labels).sort(),
      c: status.conditions.map((c: any) => `${c.type}=${c.status}`).sort(),
    })),
  api: ({ kind, versions }) => ({ k: kind, v: versions }),
  apis: ({ kind, groups }) => ({
    k: kind,
    g: groups.map((group: any) => group.name).sort(),
  }),
  'api-v1': ({ kind, resources }) => ({
    k: kind,
    r: resources.map((r: any) => r.name).sort(),
  }),
  'apps-v1': ({ kind, resources }) => ({
    k: kind,
    r: resources
      .map((r: any) =>
        [r.name, r.kind, r.namespaced, r.verbs, r.shortNames, r.categories]
          .map(part => (Array.isArray(part) ? part.sort().join() : part ?? ''))
          .join(' '),
      )
      .sort(),
  }),
  aggregated: ({ kind, items }) => ({
    k: kind,
    g: items?.map((item: any) => item.metadata.name).sort(),
  }),
};

/** Entries of managedFields are in the order of the second in which each was written. */
const byManager = (a: any, b: any) =>
  a?.manager && b?.manager
    ? `${a.manager}/${a.subresource ?? ''}`.localeCompare(
        `${b.manager}/${b.subresource ?? ''}`,
      )
    : 0;

const HASH_LABEL = 'pod-template-hash';

const UID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** Fields that newer versions have. */
const NEW_FIELDS = [
  'terminatingReplicas',
  'f:terminatingReplicas',
  'f:observedGeneration',
];

/** Fields of the version that came with 1.33. */
const OF_VERSION = /^(emulation|minCompatibility)(Major|Minor)$/;

/** What differs between two versions of Kubernetes, or by chance: dropped from both sides. */
function withoutVersion(value: unknown): unknown {
  if (typeof value === 'string') {
    return (
      value
        .replace(/^AROA[0-9A-Z]+$/, 'AROA')
        .replace(/^\d+s$/, '<age>')
        .replace(/^default-scheduler-.*/, 'default-scheduler-<host>')
        .replace(
          /-([bcdfghjklmnpqrstvwxz2456789]{5,10}(?![a-z0-9])|\*$)/g,
          '-<hash>',
        )
        .replace(/\.[0-9a-f]{14,16}$/, '.<hash>')
        // Of a generateName that fills the name up
        .replace(/^(.{58})[bcdfghjklmnpqrstvwxz2456789]{5}$/, '$1<hash>')
        .replace(/in record \(\d+\)/, 'in record (<version>)')
        .replace(
          'must be no more than 63 bytes',
          'must be no more than 63 characters',
        )
        .replace(' no new claims to deallocate,', '')
    );
  }
  if (Array.isArray(value)) {
    return value
      .filter(item => !OF_VERSION.test(String(item)))
      .map(withoutVersion)
      .sort(byManager);
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  const rest = { ...(value as any) };
  if (rest.spec?.containers || rest.kind === 'PartialObjectMetadata') {
    rest.metadata = { ...rest.metadata, generation: undefined };
  }
  if (rest.spec?.containers) {
    rest.status = {
      ...rest.status,
      observedGeneration: undefined,
      conditions: rest.status?.conditions?.map(
        ({ observedGeneration, ...condition }: any) => condition,
      ),
    };
  }
  return Object.fromEntries(
    Object.entries(rest)
      .filter(([key, item]) => item !== undefined && !NEW_FIELDS.includes(key))
      .map(([key, item]) => [
        key.replace(UID, '<uid>'),
        key === HASH_LABEL ? '<hash>' : withoutVersion(item),
      ]),
  );
}

const WILDCARDS: Record<string, string> = {
  '<uid>': UID.source,
  '<time>': '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z',
  '<server>': 'https?://[^/"]+',
};

const ANY = new RegExp(Object.keys(WILDCARDS).join('|'));

function isSameText(expected: string, actual: unknown): boolean {
  if (expected === '*') {
    return actual !== undefined;
  }
  if (typeof actual !== 'string' || !ANY.test(expected)) {
    return expected === actual;
  }
  const pattern = expected
    .split(new RegExp(`(${ANY.source})`))
    .map(part => WILDCARDS[part] ?? part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('');
  return new RegExp(`^${pattern}$`).test(actual);
}

const show = (value: unknown) => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};

/** Where the actual value is not what was recorded. */
function differences(expected: unknown, actual: unknown, at = ''): string[] {
  if (typeof expected === 'string') {
    return isSameText(expected, actual)
      ? []
      : [`${at || 'body'}: ${show(expected)}, not ${show(actual)}`];
  }
  if (expected !== null && typeof expected === 'object') {
    const sameForm =
      actual !== null &&
      typeof actual === 'object' &&
      Array.isArray(actual) === Array.isArray(expected);
    if (!sameForm) {
      return [`${at || 'body'}: ${show(expected)}, not ${show(actual)}`];
    }
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...keys].flatMap(key =>
      differences(
        (expected as any)[key],
        (actual as any)[key],
        at ? `${at}.${key}` : key,
      ),
    );
  }
  return expected === actual
    ? []
    : [`${at || 'body'}: ${show(expected)}, not ${show(actual)}`];
}

/** The events of a watch, one a line, or the body as it was. */
function bodyOf({ id, path }: RecordedRequest, { body }: WireAnswer): unknown {
  if (path.includes('watch=1') && typeof body === 'string') {
    return body
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line));
  }
  return SHORT_FORMS[id] && (body as any)?.kind !== 'Status'
    ? SHORT_FORMS[id](body)
    : body;
}

/** How an answer of the sandbox differs from the recorded one; empty when it does not. */
export function differencesOf(
  request: RecordedRequest,
  answer: WireAnswer,
): string[] {
  const { 'content-type': type, warning } = answer.headers;
  return differences(withoutVersion(request.answer), {
    status: answer.status,
    ...(type && { type }),
    ...(warning && { warning }),
    body: withoutVersion(bodyOf(request, answer)),
  });
}
