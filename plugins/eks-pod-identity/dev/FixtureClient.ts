import type { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import type { Fixture } from './fixtures';
import { worldClient } from './world';

function entityOf(fixture: Fixture) {
  if ('pending' in fixture) return 'pending';
  return 'answer' in fixture ? fixture.answer : fixture;
}

/** The real client with a backend that answers as in one state of the card. */
export function fixtureClient(fixture: Fixture): PodIdentityClient {
  return worldClient({ entity: entityOf(fixture) });
}
