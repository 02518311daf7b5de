import { randomUid } from '../api/random';
import { resourceOf } from '../model/resources';
import { FieldError, fieldErrors, invalid } from '../model/status';
import { isoTime } from '../types';
import { ApiServerDependencies } from './dependencies';
import { Answer, Exchange } from './objects';
import { readVirtual } from './virtual';

const TOKEN_REQUEST = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  schema: 'AuthenticationV1TokenRequest',
};

const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;

/** Whom a token without audiences is for. */
const API_AUDIENCE = 'https://kubernetes.default.svc';

function errorsOf({ expirationSeconds: seconds }: any): FieldError[] {
  const field = 'spec.expirationSeconds';
  if (seconds < LEAST_SECONDS) {
    const text = 'may not specify a duration less than 10 minutes';
    return [fieldErrors.invalid(field, seconds, text)];
  }
  return seconds > MOST_SECONDS
    ? [
        fieldErrors.invalid(
          field,
          seconds,
          'may not specify a duration larger than 2^32 seconds',
        ),
      ]
    : [];
}

/** `serviceaccounts/token`, as `kubectl create token` asks for it. */
export async function createToken(
  deps: ApiServerDependencies,
  exchange: Exchange,
): Promise<Answer> {
  const { def, namespace, name } = exchange.resource;
  const account = deps.registry.get(def, namespace, name!);
  const request = await readVirtual(deps, exchange, TOKEN_REQUEST);
  const spec = {
    audiences: [API_AUDIENCE],
    expirationSeconds: 3600,
    boundObjectRef: null as any,
    ...request.spec,
  };
  const errors = errorsOf(spec);
  if (errors.length > 0) {
    throw invalid(TOKEN_REQUEST.group, TOKEN_REQUEST.kind, '', errors);
  }
  const bound = spec.boundObjectRef;
  if (bound?.kind === 'Pod') {
    deps.registry.get(resourceOf('pods'), namespace, bound.name);
  }
  const { token, expiresAt } = await deps.tokens.issue(account, {
    audiences: spec.audiences,
    expirationSeconds: spec.expirationSeconds,
    ...(bound?.kind === 'Pod' && {
      boundPod: { name: bound.name, uid: bound.uid ?? '' },
    }),
  });
  return {
    code: 201,
    body: {
      ...request,
      metadata: {
        name,
        namespace,
        uid: randomUid(deps.core),
        creationTimestamp: isoTime(deps.core.clock.now()),
        managedFields: request.metadata.managedFields,
      },
      spec,
      status: { token, expirationTimestamp: isoTime(expiresAt.getTime()) },
    },
  };
}
