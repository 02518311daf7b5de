import { SignInPage } from '@backstage/core-components';
import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import type { SignInPageProps } from '@backstage/plugin-app-react';
import { SandboxSignInPage, SandboxUser } from './SandboxSignInPage';

/** The demo users if the portal is a sandbox; otherwise the guest, until a real provider replaces it. */
export function PortalSignInPage(props: SignInPageProps) {
  const config = useApi(configApiRef);
  const users: SandboxUser[] = (
    config.getOptionalConfigArray('auth.providers.sandbox.users') ?? []
  ).map(user => ({
    entityRef: user.getString('entityRef'),
    title: user.getString('title'),
    description: user.getOptionalString('description'),
  }));
  if (config.getOptionalBoolean('sandbox.enabled') && users.length > 0) {
    return <SandboxSignInPage {...props} users={users} />;
  }
  return <SignInPage {...props} providers={['guest']} />;
}
