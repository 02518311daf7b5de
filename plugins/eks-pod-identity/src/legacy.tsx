/**
 * The same card, tab and pages for apps on the old frontend system.
 *
 * An app mounts the pages on its own routes, adds the card and the tab to its entity pages, and binds the external route
 * of {@link podIdentityPlugin} to the form of a scaffolder template.
 *
 * @packageDocumentation
 */
import {
  compatWrapper,
  convertLegacyRouteRef,
} from '@backstage/core-compat-api';
import type { Entity } from '@backstage/catalog-model';
import {
  createApiFactory,
  createPlugin,
  createRoutableExtension,
  discoveryApiRef,
  fetchApiRef,
} from '@backstage/core-plugin-api';
import { filterPredicateToFilterFunction } from '@backstage/filter-predicates';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import {
  createSearchResultListItemExtension,
  type DefaultResultListItemProps,
} from '@backstage/plugin-search-react';
import type { ComponentProps, ReactElement } from 'react';
import { podIdentityApiRef } from './api';
import { EntityIdentityCard as Card } from './components/IdentityCard';
import { EntityIdentityStatus as Status } from './components/IdentityStatus';
import { LegacyPage } from './components/LegacyPage';
import { isIdentity, SearchResult } from './components/SearchResult';
import { StatusCell } from './components/StatusColumn';
import { EntityIdentityTab as Tab } from './components/Tab';
import { defaultFilter } from './defaultFilter';
import {
  accessRouteRef,
  associationsRouteRef,
  checksRouteRef,
  permissionsRouteRef,
  clustersRouteRef,
  templateRouteRef,
} from './routes';

export { podIdentityApiRef } from './api';
export { publicTranslationRef as podIdentityTranslationRef } from './publicTranslation';

/** The client of the backend; {@link podIdentityPlugin} includes it. @public */
export const podIdentityApiFactory = createApiFactory({
  api: podIdentityApiRef,
  deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
  factory: deps => new PodIdentityClient(deps),
});

/** Routes and client, for an app on the old frontend system. @public */
export const podIdentityPlugin = createPlugin({
  id: 'eks-pod-identity',
  apis: [podIdentityApiFactory],
  routes: {
    associations: convertLegacyRouteRef(associationsRouteRef),
    access: convertLegacyRouteRef(accessRouteRef),
    clusters: convertLegacyRouteRef(clustersRouteRef),
    checks: convertLegacyRouteRef(checksRouteRef),
    permissions: convertLegacyRouteRef(permissionsRouteRef),
  },
  externalRoutes: { template: convertLegacyRouteRef(templateRouteRef) },
});

/**
 * True for components with the annotation of this plugin or one of the kubernetes plugin's, and for services: for
 * `EntitySwitch.Case` and the `if` of `EntityLayout.Route`.
 *
 * @public
 */
export const isPodIdentityAvailable: (entity: Entity) => boolean =
  filterPredicateToFilterFunction(defaultFilter);

/** The card of the entity whose page it is on. @public */
export const EntityIdentityCard = () => compatWrapper(<Card />);

/** The status of the entity whose page it is on, in an icon and a few words, with a link to its tab. @public */
export const EntityIdentityStatus = () => compatWrapper(<Status />);

/** The tab of the entity whose page it is on; its route is `/aws-identity`. @public */
export const EntityIdentityTab = () => compatWrapper(<Tab />);

/**
 * A column of the catalog's table with the worst status of each entity and its sentence, for `columns` of
 * `CatalogIndexPage` or of `CatalogTable`. All its cells share one request.
 *
 * @public
 */
export function createIdentityStatusColumn(
  options: {
    /** Default: `AWS identity`. */
    title?: string;
  } = {},
): {
  title: string;
  sorting: boolean;
  render(row: { entity: Entity }): ReactElement;
} {
  return {
    title: options.title ?? 'AWS identity',
    sorting: false,
    render: ({ entity }) => compatWrapper(<StatusCell entity={entity} />),
  };
}

const inLegacyPage = (
  title: ComponentProps<typeof LegacyPage>['title'],
  page: ReactElement,
) => compatWrapper(<LegacyPage title={title}>{page}</LegacyPage>);

/** Every association that the user may see. @public */
export const AssociationsPage = podIdentityPlugin.provide(
  createRoutableExtension({
    name: 'AssociationsPage',
    component: async () => {
      const { AssociationsPage: Page } = await import('./components/Fleet');
      return () => inLegacyPage('fleet.associations', <Page />);
    },
    mountPoint: podIdentityPlugin.routes.associations,
  }),
);

/** Every service account with an AWS identity that the user may see, by whatever road. @public */
export const AccessPage = podIdentityPlugin.provide(
  createRoutableExtension({
    name: 'AccessPage',
    component: async () => {
      const { AccessPage: Page } = await import('./components/Access');
      return () => inLegacyPage('access.title', <Page />);
    },
    mountPoint: podIdentityPlugin.routes.access,
  }),
);

/** The clusters, with the status of their associations. @public */
export const ClustersPage = podIdentityPlugin.provide(
  createRoutableExtension({
    name: 'ClustersPage',
    component: async () => {
      const { ClustersPage: Page } = await import('./components/Fleet');
      return () => inLegacyPage('fleet.clusters', <Page />);
    },
    mountPoint: podIdentityPlugin.routes.clusters,
  }),
);

/** What each check asks, means and how to fix it; findings link to `/aws-identities/checks`. @public */
export const ChecksPage = podIdentityPlugin.provide(
  createRoutableExtension({
    name: 'ChecksPage',
    component: async () => {
      const { ChecksPage: Page } = await import('./components/Docs');
      return () => inLegacyPage('checks.title', <Page />);
    },
    mountPoint: podIdentityPlugin.routes.checks,
  }),
);

/** The rights that the portal needs; what it lacks links to `/aws-identities/permissions`. @public */
export const PermissionsPage = podIdentityPlugin.provide(
  createRoutableExtension({
    name: 'PermissionsPage',
    component: async () => {
      const { PermissionsPage: Page } = await import('./components/Docs');
      return () => inLegacyPage('permissions.title', <Page />);
    },
    mountPoint: podIdentityPlugin.routes.permissions,
  }),
);

/** An identity that Backstage's search has found, with its status: a child of the list of results. @public */
export const IdentitySearchResultListItem = podIdentityPlugin.provide(
  createSearchResultListItemExtension({
    name: 'IdentitySearchResultListItem',
    predicate: isIdentity,
    component: async () => (props: DefaultResultListItemProps) =>
      compatWrapper(<SearchResult {...props} />),
  }),
);
