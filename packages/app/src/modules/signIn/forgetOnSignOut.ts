import type { SignInPageProps } from '@backstage/plugin-app-react';
import { chosenUser } from './chosenUser';

type Identity = Parameters<SignInPageProps['onSignInSuccess']>[0];

/** The same identity, but signing out also forgets the chosen user, so that the reload shows the choice again. */
export function forgetOnSignOut(identity: Identity): Identity {
  return {
    getProfileInfo: () => identity.getProfileInfo(),
    getBackstageIdentity: () => identity.getBackstageIdentity(),
    getCredentials: () => identity.getCredentials(),
    async signOut() {
      chosenUser.clear();
      await identity.signOut();
    },
  };
}
