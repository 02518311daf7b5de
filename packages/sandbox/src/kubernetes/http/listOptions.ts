import { posix } from 'node:path';
import {
  ApiError,
  badRequest,
  expired,
  FieldError,
  fieldErrors,
  invalid,
  tooLargeResourceVersion,
} from '../model/status';
import { Store } from '../store/store';
import { KubeObject } from '../types';
import { parseGoJson } from './goJson';

const { forbidden, notSupported } = fieldErrors;

const NOT_OLDER = 'NotOlderThan';

/** The query of a list or watch, validated. */
export interface ListOptions {
  limit: number;
  continue?: string;
  resourceVersion?: string;
  match?: string;
  sendInitialEvents?: boolean;
  timeoutSeconds: number;
}

/** A query parameter is true unless it says otherwise, also without a value. */
export const isTrue = (value: string | null) =>
  value !== null && !['false', '0'].includes(value.toLowerCase());

function wholeNumber(query: URLSearchParams, name: string): number {
  const text = query.get(name);
  if (!text) {
    return 0;
  }
  if (!/^[+-]?\d+$/.test(text)) {
    throw badRequest(
      `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}

const unset = (field: string) =>
  forbidden(
    'resourceVersionMatch',
    `resourceVersionMatch is forbidden ${field}`,
  );

function matchErrors(options: ListOptions): FieldError[] {
  const { match, resourceVersion } = options;
  if (!match) {
    return [];
  }
  return [
    ...(resourceVersion ? [] : [unset('unless resourceVersion is provided')]),
    ...(options.continue ? [unset('when continue is provided')] : []),
    ...(['Exact', NOT_OLDER].includes(match)
      ? []
      : [
          notSupported('resourceVersionMatch', match, ['Exact', NOT_OLDER, '']),
        ]),
    ...(match === 'Exact' && resourceVersion === '0'
      ? [
          forbidden(
            'resourceVersionMatch',
            'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
          ),
        ]
      : []),
  ];
}

function listErrors(options: ListOptions): FieldError[] {
  return [
    ...matchErrors(options),
    ...(options.sendInitialEvents === undefined
      ? []
      : [
          forbidden(
            'sendInitialEvents',
            'sendInitialEvents is forbidden for list',
          ),
        ]),
  ];
}

function watchErrors({ match, ...options }: ListOptions): FieldError[] {
  const initial = options.sendInitialEvents !== undefined;
  return [
    ...(initial && match !== NOT_OLDER
      ? [
          forbidden(
            'resourceVersionMatch',
            `sendInitialEvents requires setting resourceVersionMatch to ${NOT_OLDER}`,
          ),
        ]
      : []),
    ...(match && !initial
      ? [unset('for watch unless sendInitialEvents is provided')]
      : []),
    ...(match && match !== NOT_OLDER
      ? [notSupported('resourceVersionMatch', match, [NOT_OLDER])]
      : []),
    ...(match && options.continue ? [unset('when continue is provided')] : []),
  ];
}

/** Reads the query of a list or watch; refuses what the API server refuses. */
export function listOptionsOf(
  query: URLSearchParams,
  watching: boolean,
): ListOptions {
  const options: ListOptions = {
    limit: wholeNumber(query, 'limit'),
    continue: query.get('continue') || undefined,
    resourceVersion: query.get('resourceVersion') || undefined,
    match: query.get('resourceVersionMatch') || undefined,
    sendInitialEvents: query.has('sendInitialEvents')
      ? isTrue(query.get('sendInitialEvents'))
      : undefined,
    timeoutSeconds: wholeNumber(query, 'timeoutSeconds'),
  };
  const errors = watching ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) {
    throw invalid('meta.k8s.io', 'ListOptions', '', errors);
  }
  return options;
}

/** What is wrong with a resourceVersion that is no number. */
export const resourceVersionError = (text: string): FieldError | undefined =>
  /^\d+$/.test(text)
    ? undefined
    : fieldErrors.invalid(
        'resourceVersion',
        text,
        `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
      );

const keyOf = ({ metadata: { namespace, name } }: KubeObject) =>
  namespace === undefined ? name : `${namespace}/${name}`;

interface Start {
  revision: number;
  after: string;
}

function startOf(token: string): Start {
  const refuse = (why: string): ApiError =>
    badRequest(`invalid continue token: continue key is not valid${why}`);
  let decoded: any;
  try {
    decoded = parseGoJson(Buffer.from(token, 'base64url').toString('latin1'));
  } catch (error) {
    throw refuse(`: ${(error as Error).message}`);
  }
  const { v, rv, start } = decoded ?? {};
  if (v !== 'meta.k8s.io/v1') {
    throw refuse(`: server does not recognize this encoded version ${v ?? ''}`);
  }
  if (!rv) {
    throw refuse(
      ': incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
  }
  if (!start) {
    throw refuse(': encoded start key empty (version meta.k8s.io/v1)');
  }
  if (posix.normalize(`/${start}`) !== `/${start}`) {
    throw refuse(`: ${start}`);
  }
  return { revision: rv, after: start };
}

function revisionOf({ resourceVersion }: ListOptions): number {
  const error = resourceVersion && resourceVersionError(resourceVersion);
  if (error) {
    throw badRequest(`invalid resource version: ${error.field}: ${error.text}`);
  }
  return Number(resourceVersion ?? 0);
}

/** The objects that a list chooses. */
export interface ListScope {
  /** Key of the resource in the store. */
  resource: string;
  namespace?: string;
  matches(object: KubeObject): boolean;
  /** Whether selectors choose: then the API server does not count what remains. */
  selective: boolean;
}

/** A page of a list, as `limit`, `continue` and `resourceVersion` ask for it. */
export function pageOf(
  store: Store,
  { resource, namespace, matches, selective }: ListScope,
  options: ListOptions,
) {
  // From the API server's cache, which knows no pages.
  const limit = options.resourceVersion === '0' ? 0 : options.limit;
  const start = options.continue ? startOf(options.continue) : undefined;
  const asked = revisionOf(options);
  if (start && asked) {
    throw badRequest(
      'specifying resource version is not allowed when using continue',
    );
  }
  if (asked > store.revision) {
    throw tooLargeResourceVersion(asked, store.revision);
  }
  const exact =
    start?.revision ??
    (options.match === 'Exact' || (!options.match && limit > 0)
      ? asked || undefined
      : undefined);
  const revision = exact ?? store.revision;
  if (revision < store.oldestRevision) {
    throw expired(String(revision), store.oldestRevision);
  }
  const all = store.listAt(resource, namespace, revision).filter(matches);
  const left = start ? all.filter(o => keyOf(o) > start.after) : all;
  const resourceVersion = String(revision);
  if (limit <= 0 || left.length <= limit) {
    return { items: left, metadata: { resourceVersion } };
  }
  const items = left.slice(0, limit);
  const next = {
    v: 'meta.k8s.io/v1',
    rv: revision,
    start: keyOf(items[items.length - 1]),
  };
  return {
    items,
    metadata: {
      resourceVersion,
      continue: Buffer.from(JSON.stringify(next)).toString('base64url'),
      ...(!selective && { remainingItemCount: left.length - limit }),
    },
  };
}
