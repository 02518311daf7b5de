import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  foreign,
  type ForeignText,
  LONGEST_MESSAGE,
  toParse,
  untrusted,
} from '../text/foreign';
import { capitalised } from '../text/capitalised';
import { fullStop } from '../text/fullStop';
import { explainNoAnswer } from '../network/noAnswer';
import type { ProxyTrouble } from '../network/ProxyError';
import { groupOf, type KubernetesCall } from './paths';
import { voiceOf, type Voice, settingOf } from '../text/voice';

/** Meaning of a Kubernetes API error to the engine. */
export type KubernetesErrorKind =
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  /** The object already exists, or changed since it was read. */
  | 'conflict'
  /** 422: the object is invalid. */
  | 'invalid'
  /** 400, such as a webhook that does not support dry runs. */
  | 'bad-request'
  /** 403 that names a ResourceQuota. */
  | 'quota'
  /** A watch's resourceVersion is too old. */
  | 'gone'
  | 'throttled'
  /** No answer: DNS, refused, TLS. */
  | 'unreachable'
  | 'timeout'
  | 'aborted'
  /** The answer has more than is read. */
  | 'too-long'
  | 'server';

export interface KubernetesErrorOptions {
  kind: KubernetesErrorKind;
  /** The Status message, or the engine's own sentence. */
  message: string;
  status?: number;
  /** Kubernetes' own reason, such as `AlreadyExists`. */
  reason?: string;
  verb?: string;
  resource?: string;
  namespace?: string;
  name?: string;
  cause?: unknown;
  givenUp?: boolean;
  slowAdmissionMs?: number;
  retryAfterMs?: number;
  aheadMs?: number;
  proxy?: ProxyTrouble;
}

/** The only error class of the Kubernetes client. */
export class KubernetesError extends Error {
  readonly name = 'KubernetesError';
  readonly kind: KubernetesErrorKind;
  readonly status?: number;
  readonly reason?: string;
  readonly verb?: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly resourceName?: string;
  /** How long the API server asks to wait. */
  readonly retryAfterMs?: number;
  /** Of a 401: how far the clock of the API server is ahead of ours, where that is why it refuses the token. */
  readonly aheadMs?: number;
  /** Of `unreachable`: the proxy that opened no way to the API server. */
  readonly proxy?: ProxyTrouble;
  /** The operation asks this API no more: see `givingUpOnce`. */
  readonly givenUp: boolean;
  /** For a timeout: how long pod creation went unanswered while the API answered other calls. */
  readonly slowAdmissionMs?: number;

  constructor(options: KubernetesErrorOptions) {
    super(foreign(options.message));
    this.givenUp = options.givenUp ?? false;
    this.kind = options.kind;
    this.status = options.status;
    this.reason = options.reason && foreign(options.reason);
    this.verb = options.verb;
    this.resource = options.resource;
    this.namespace = options.namespace;
    this.resourceName = options.name;
    this.retryAfterMs = options.retryAfterMs;
    this.slowAdmissionMs = options.slowAdmissionMs;
    this.aheadMs = options.aheadMs;
    this.proxy = options.proxy;
    if (options.cause !== undefined) {
      // For debuggers only: never serialised.
      Object.defineProperty(this, 'cause', {
        value: options.cause,
        enumerable: false,
      });
    }
  }

  /** The same error, as the reason why nothing more is asked. */
  asGivenUp(): KubernetesError {
    return this.#with({ givenUp: true });
  }

  /** The same error, where the API answered another call meanwhile. */
  asSlowAdmission(slowAdmissionMs: number): KubernetesError {
    return this.#with({ slowAdmissionMs });
  }

  #with(more: Partial<KubernetesErrorOptions>): KubernetesError {
    return new KubernetesError({
      ...this,
      message: this.message,
      name: this.resourceName,
      cause: this.cause,
      ...more,
    });
  }
}

/** True for a KubernetesError; if kinds are given, only for these kinds. */
export function isKubernetesError(
  error: unknown,
  ...kinds: KubernetesErrorKind[]
): error is KubernetesError {
  return (
    error instanceof KubernetesError &&
    (kinds.length === 0 || kinds.includes(error.kind))
  );
}

/** The connection broke: a call without an answer, from an API that may well give one. */
export function isBroken({ reason = '' }: { reason?: string }): boolean {
  return /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(reason);
}

/** True for the words of a refusal by a ResourceQuota. */
export const namesQuota = (message: string) =>
  /exceeded quota|insufficient quota/i.test(message);

/** True for the words of a call that failed because a webhook was not there, or gave no answer that can be used. */
export const namesWebhook = (message: string) =>
  /failed calling webhook/i.test(message);

function kindOf(
  status: number,
  reason: string | undefined,
  message: string,
): KubernetesErrorKind {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return namesQuota(message) ? 'quota' : 'forbidden';
    case 404:
      return 'not-found';
    case 409:
      return 'conflict';
    case 410:
      return 'gone';
    case 422:
      return 'invalid';
    case 429:
      return 'throttled';
    default:
      if (reason === 'Expired') return 'gone';
      if (status >= 500) return 'server';
      return 'bad-request';
  }
}

/** AWS takes a signature that is this much older or newer than its own time. */
const LARGEST_SKEW_MS = 5 * 60_000;

function clockDifference(date: string | string[] | undefined) {
  const aheadMs = Date.parse(String(date)) - Date.now();
  return Math.abs(aheadMs) > LARGEST_SKEW_MS ? { aheadMs } : {};
}

/** Reads an unsuccessful answer; its body is a `Status` or, from a proxy, any text. */
export function errorOfAnswer(
  call: KubernetesCall,
  status: number,
  body: ForeignText | undefined,
  headers: { 'retry-after'?: string | string[]; date?: string | string[] } = {},
): KubernetesError {
  let reason: string | undefined;
  let message: string | undefined;
  try {
    const parsed = JSON.parse(toParse(body, Infinity));
    reason = foreign(untrusted(parsed?.reason)) || undefined;
    message = foreign(untrusted(parsed?.message));
  } catch {
    // Not JSON: a proxy or load balancer answered, so the message is the start of its text.
    message = toParse(body, LONGEST_MESSAGE)
      .replace(/<[^<>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 200);
  }
  return new KubernetesError({
    ...call,
    kind: kindOf(status, reason, message ?? ''),
    status,
    reason,
    message: message || `HTTP status ${status}`,
    ...(Number(headers['retry-after']) > 0
      ? { retryAfterMs: Number(headers['retry-after']) * 1000 }
      : {}),
    ...(status === 401 ? clockDifference(headers.date) : {}),
  });
}

export interface KubernetesErrorContext {
  /** The attempted action, to follow "Could not". */
  doing: string;
  cluster?: { id: string; voice?: Voice };
}

/** The rule that would allow a call. */
export function rbacRule(call: { verb: string; resource: string }): string {
  const group = groupOf(call.resource);
  return `{apiGroups: ["${group}"], resources: ["${call.resource}"], verbs: ["${call.verb}"]}`;
}

/** Why a token is refused that was signed at another time than that of the cluster. */
export function wrongClock(aheadMs: number, { host }: Voice): string {
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  return `The clock of ${host} is ${minutes} minutes ${
    aheadMs > 0 ? 'behind' : 'ahead of'
  } that of the cluster.`;
}

/** What a 429 means. */
export const BUSY =
  'The API server has more to do than it can (API Priority and Fairness).';

function advice(error: KubernetesError, voice: Voice): string {
  const { me, my, host } = voice;
  const where = error.namespace ? ` in namespace ${error.namespace}` : '';
  switch (error.kind) {
    case 'unauthorized':
      if (error.aheadMs !== undefined)
        return `${wrongClock(error.aheadMs, voice)} Set it right.`;
      return error.reason === 'TokenTooLong'
        ? ''
        : `The cluster does not know ${my} role: create an access entry for it (or a mapRoles entry in aws-auth, ARN without path), and check the clock of ${host}.`;
    case 'forbidden':
      return error.verb && error.resource
        ? `If RBAC is the reason, grant ${my} group${where} the rule ${rbacRule(
            { verb: error.verb, resource: error.resource },
          )}.`
        : '';
    case 'quota':
      return `Raise the ResourceQuota${where}, or free what it counts.`;
    case 'unreachable': {
      const { reason: code = '', proxy } = error;
      const explained = explainNoAnswer({ code, proxy }, 'Kubernetes', voice);
      if (explained && proxy) return `${explained.cause} ${explained.action}`;
      if (isBroken(error)) {
        return 'It did so each time: check the load balancers and proxies on the way, and run it again in a minute, since API servers are also replaced.';
      }
      return [
        `${capitalised(
          me,
        )} cannot reach the cluster's API endpoint: check the network path, the endpoint's public access CIDRs and DNS; for a private endpoint set ${settingOf(
          voice,
          'kubernetes.access: none',
        )}.`,
        ...(explained ? [explained.cause, explained.action] : []),
      ].join(' ');
    }
    case 'timeout':
      return `The cluster's API took the connection and never answered: check proxies and firewalls on the way, or raise ${settingOf(
        voice,
        'eksPodIdentity.timings.requestTimeout',
      )}.`;
    case 'throttled':
      return `${BUSY} Run it again in a minute.`;
    case 'too-long':
      return 'No Kubernetes object is that large. Check the proxies on the way to the API server.';
    case 'server':
      return 'Run it again in a minute.';
    case 'conflict':
      return 'Another client changed it meanwhile: run it again.';
    default:
      return '';
  }
}

const CLASSES: Record<KubernetesErrorKind, new (message: string) => Error> = {
  unauthorized: NotAllowedError,
  forbidden: NotAllowedError,
  'not-found': NotFoundError,
  conflict: ConflictError,
  invalid: InputError,
  'bad-request': InputError,
  quota: ConflictError,
  gone: ConflictError,
  throttled: ServiceUnavailableError,
  unreachable: ServiceUnavailableError,
  timeout: ServiceUnavailableError,
  aborted: Error,
  'too-long': ServiceUnavailableError,
  server: ServiceUnavailableError,
};

/**
 * Turns a `KubernetesError` into an `@backstage/errors` class with a sentence a user can act on. Other errors and
 * aborts are returned unchanged.
 */
export function toKubernetesBackstageError(
  error: unknown,
  context: KubernetesErrorContext,
): Error {
  if (!(error instanceof KubernetesError)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  if (error.kind === 'aborted') return error;
  const where = context.cluster ? ` (cluster ${context.cluster.id})` : '';
  const answered = error.status
    ? `Kubernetes answered ${error.status}${
        error.reason ? ` ${error.reason}` : ''
      }: ${fullStop(error.message)}`
    : capitalised(fullStop(error.message));
  const Class = CLASSES[error.kind];
  const result = new Class(
    [
      `Could not ${context.doing}${where}.`,
      answered,
      advice(error, voiceOf(context.cluster)),
    ]
      .filter(Boolean)
      .join(' '),
  );
  Object.defineProperty(result, 'cause', { value: error, enumerable: false });
  return result;
}

/** The ValidatingAdmissionPolicy that refused a request. */
export const refusingPolicy = (message: string): string | undefined =>
  /ValidatingAdmissionPolicy '([a-z0-9.-]+)'/.exec(message)?.[1];
