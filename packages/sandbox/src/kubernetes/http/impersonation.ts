import { IncomingHttpHeaders } from 'node:http';
import { AccessRequest } from '../auth/authorizer';
import { forbidden, internalError } from '../model/status';
import { UserInfo } from '../types';

const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

const listOf = (header: string | string[] | undefined): string[] =>
  [header ?? []].flat().flatMap(text => text.split(',').map(t => t.trim()));

/** What the caller has to be allowed to impersonate. */
function requestsFor(name: string, groups: string[]): AccessRequest[] {
  const account = ACCOUNT.exec(name);
  const verb = 'impersonate';
  return [
    account
      ? {
          verb,
          group: '',
          resource: 'serviceaccounts',
          namespace: account[1],
          name: account[2],
        }
      : { verb, group: '', resource: 'users', name },
    ...groups.map(group => ({
      verb,
      group: '',
      resource: 'groups',
      name: group,
    })),
  ];
}

function groupsOf(name: string, asked: string[]): string[] {
  if (name === 'system:anonymous') {
    return ['system:unauthenticated'];
  }
  const account = ACCOUNT.exec(name);
  const own = account
    ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`]
    : [];
  return [...(asked.length > 0 ? asked : own), 'system:authenticated'];
}

/** The user that the caller asks to act as (`kubectl --as`), or the caller. */
export function impersonated(
  caller: UserInfo,
  headers: IncomingHttpHeaders,
  isAllowed: (request: AccessRequest) => boolean,
): UserInfo {
  const username = headers['impersonate-user'];
  const groups = listOf(headers['impersonate-group']);
  if (typeof username !== 'string') {
    if (groups.length > 0) {
      throw internalError('requested groups without impersonating a user');
    }
    return caller;
  }
  for (const request of requestsFor(username, groups)) {
    if (!isAllowed(request)) {
      const scope = request.namespace
        ? `in the namespace ${JSON.stringify(request.namespace)}`
        : 'at the cluster scope';
      throw forbidden(
        { group: '', resource: request.resource! },
        request.name,
        `User ${JSON.stringify(
          caller.username,
        )} cannot impersonate resource ${JSON.stringify(
          request.resource,
        )} in API group "" ${scope}`,
      );
    }
  }
  return { username, groups: groupsOf(username, groups) };
}
