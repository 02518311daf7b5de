import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type { Caller } from '../../permissions/caller';
import type { ObservedAssociation } from '../../store/AssociationStore';
import type { ServiceAccountState } from '../../store/ServiceAccountStore';
import type { AssociationFilter } from '../Fleet';
import { ACCOUNT, component, PolicedPortal, user } from './PolicedPortal';

export const refOf = (serviceAccount: string, cluster = 'prod') => ({
  cluster,
  namespace: 'shop',
  serviceAccount,
});
export const associationOf = (
  ref: ServiceAccountRef,
  more: Partial<ObservedAssociation> = {},
): ObservedAssociation => ({
  ref,
  associationId: `a-${ref.serviceAccount}`,
  arn: `arn:${ref.serviceAccount}`,
  owner: 'portal',
  roleArn: `arn:aws:iam::${ACCOUNT}:role/${ref.serviceAccount}`,
  orphan: false,
  drift: false,
  listedAt: 1,
  ...more,
});

/** A portal whose administrator is Carol, with a component `api` of Ada, and what its fleet says. */
export function openFleet(
  knex: Knex,
  section: ConstructorParameters<typeof PolicedPortal>[1] = {},
  more?: ConstructorParameters<typeof PolicedPortal>[2],
) {
  const portal = new PolicedPortal(
    knex,
    { administrators: ['user:default/carol'], ...section },
    more,
  );
  portal.catalog.push(
    component('api', 'user:default/ada', { title: 'Front door' }),
  );
  const { store, services } = portal;
  const { fleet } = services;
  const list = (query: AssociationFilter = {}, caller: Caller = user('ada')) =>
    fleet.associations(query, { limit: 50 }, caller);
  return {
    portal,
    store,
    fleet,
    list,
    names: async (...asked: Parameters<typeof list>) =>
      (await list(...asked)).items.map(({ ref }) => ref.serviceAccount).sort(),
    has: (...more_: Parameters<typeof associationOf>) =>
      store.associations.upsert([associationOf(...more_)]),
    is: (
      ref: ServiceAccountRef,
      state: Partial<ServiceAccountState> & Pick<ServiceAccountState, 'status'>,
    ) => store.serviceAccounts.set({ ref, headline: 'So it is.', ...state }),
  };
}
