import type { Identity } from 'backstage-plugin-eks-pod-identity-common';

/**
 * An identity as the page of the entity that stands for it shows it. What is done with it is done for a component, by
 * its owners, on the page of the component.
 */
export function shownOnly({ repair, ...identity }: Identity): Identity {
  return {
    ...identity,
    can: { verify: false, remove: false, restart: false },
  };
}
