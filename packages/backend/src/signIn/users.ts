import { Config } from '@backstage/config';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { NotAllowedError } from '@backstage/errors';

/** Header in which the sign-in page names the chosen demo user. */
export const SANDBOX_USER_HEADER = 'x-sandbox-user';

/** Id of the provider, and its key below `auth.providers`. */
export const SANDBOX_PROVIDER = 'sandbox';

/**
 * The users that can be chosen without a password.
 *
 * @throws Error if the portal is not a sandbox: such a portal must not have this provider
 */
export function readSandboxUsers(rootConfig: Config): Set<string> | undefined {
  const provider = rootConfig.getOptionalConfig(
    `auth.providers.${SANDBOX_PROVIDER}`,
  );
  if (!provider) return undefined;
  if (!rootConfig.getOptionalBoolean('sandbox.enabled')) {
    throw new Error(
      `auth.providers.${SANDBOX_PROVIDER} lets anyone sign in as any of its users without a password; it is refused because sandbox.enabled is not true. Remove it and configure a real sign-in provider.`,
    );
  }
  return new Set(
    provider
      .getConfigArray('users')
      .map(user =>
        stringifyEntityRef(parseEntityRef(user.getString('entityRef'))),
      ),
  );
}

/** The full, lower-case reference of the chosen user. */
export function chosenUser(
  header: string | string[] | undefined,
  users: Set<string>,
): string {
  const text = Array.isArray(header) ? header[0] : header;
  if (!text) {
    throw new NotAllowedError('Choose one of the sandbox users to sign in');
  }
  let userRef: string;
  try {
    userRef = stringifyEntityRef(
      parseEntityRef(text, {
        defaultKind: 'user',
        defaultNamespace: 'default',
      }),
    );
  } catch {
    throw new NotAllowedError('That is not a user reference');
  }
  if (!users.has(userRef)) {
    throw new NotAllowedError(
      `${userRef} is not one of the sandbox users (${[...users].join(', ')})`,
    );
  }
  return userRef;
}
