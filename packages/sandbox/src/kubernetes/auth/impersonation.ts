import { IncomingHttpHeaders } from 'node:http';
import { ApiError, badRequest, forbidden } from '../api/status';
import { UserInfo } from '../types';
import { AccessRequest, Authorizer } from './authorizer';

const EXTRA = 'impersonate-extra-';
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

const listOf = (header: string | string[] | undefined): string[] =>
  [header ?? []]
    .flat()
    .flatMap(value => value.split(','))
    .map(value => value.trim())
    .filter(Boolean);

function refuse(user: UserInfo, request: AccessRequest): ApiError {
  const scope = request.namespace
    ? `in the namespace ${JSON.stringify(request.namespace)}`
    : 'at the cluster scope';
  return forbidden(
    { group: request.group ?? '', resource: request.resource! },
    request.name,
    `User ${JSON.stringify(
      user.username,
    )} cannot impersonate resource ${JSON.stringify(
      request.resource,
    )} in API group ${JSON.stringify(request.group ?? '')} ${scope}`,
  );
}

/**
 * The user that a request acts as: with `Impersonate-…` headers somebody else, if the caller may.
 *
 * @throws ApiError 403 when the caller may not
 */
export function impersonate(
  caller: UserInfo,
  headers: IncomingHttpHeaders,
  authorizer: Authorizer,
): UserInfo {
  const [username] = [headers['impersonate-user'] ?? []].flat();
  const groups = listOf(headers['impersonate-group']);
  const extraNames = Object.keys(headers).filter(name =>
    name.startsWith(EXTRA),
  );
  if (!username) {
    if (groups.length > 0 || extraNames.length > 0) {
      throw badRequest('requested impersonation without impersonating a user');
    }
    return caller;
  }
  const account = username.match(SERVICE_ACCOUNT);
  const wanted: AccessRequest[] = [
    account
      ? {
          verb: 'impersonate',
          resource: 'serviceaccounts',
          namespace: account[1],
          name: account[2],
        }
      : { verb: 'impersonate', resource: 'users', name: username },
    ...groups.map(name => ({ verb: 'impersonate', resource: 'groups', name })),
    ...extraNames.map(name => ({
      verb: 'impersonate',
      group: 'authentication.k8s.io',
      resource: 'userextras',
      subresource: name.slice(EXTRA.length),
    })),
  ];
  for (const request of wanted) {
    if (!authorizer.authorize(caller, request).allowed) {
      throw refuse(caller, request);
    }
  }
  const implied = account
    ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`]
    : [];
  const authenticated =
    username === 'system:anonymous'
      ? 'system:unauthenticated'
      : 'system:authenticated';
  return {
    username,
    groups: [
      ...new Set([...(groups.length > 0 ? groups : implied), authenticated]),
    ],
    ...(extraNames.length > 0 && {
      extra: Object.fromEntries(
        extraNames.map(name => [
          name.slice(EXTRA.length),
          listOf(headers[name]),
        ]),
      ),
    }),
  };
}
