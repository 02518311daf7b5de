import {
  ApiBlueprint,
  coreExtensionData,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
  type RouteRef,
  SubPageBlueprint,
} from '@backstage/frontend-plugin-api';
import {
  SearchFilterResultTypeBlueprint,
  SearchResultListItemBlueprint,
} from '@backstage/plugin-search-react/alpha';
import { RiShieldKeyholeLine } from '@remixicon/react';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import type { ComponentProps, ReactElement } from 'react';
import { podIdentityApiRef } from './api';
import { Main } from './components/Main';
import { IDENTITY_TYPE, isIdentity } from './components/SearchResult';
import { UnknownAddress } from './components/UnknownAddress';
import {
  identitiesCard,
  identityCard,
  identityContent,
  identityIconLink,
  verifyItem,
} from './entity';
import { titleOf } from './olderBackstage';
import {
  accessRouteRef,
  associationsRouteRef,
  checksRouteRef,
  permissionsRouteRef,
  clustersRouteRef,
  fleetRouteRef,
  identityContentRouteRef,
  templateRouteRef,
} from './routes';

const clientApi = ApiBlueprint.make({
  params: defineParams =>
    defineParams({
      api: podIdentityApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: deps => new PodIdentityClient(deps),
    }),
});

const fleetPage = PageBlueprint.makeWithOverrides({
  *factory(make, { inputs }) {
    const paths = inputs.pages.map(page =>
      page.get(coreExtensionData.routePath),
    );
    const made = make({
      path: '/aws-identities',
      title: titleOf('fleet.title'),
      icon: <RiShieldKeyholeLine />,
      routeRef: fleetRouteRef,
    });
    for (const data of made) {
      if (data.id !== coreExtensionData.reactElement.id) yield data;
    }
    yield coreExtensionData.reactElement(
      <>
        {made.get(coreExtensionData.reactElement)}
        <UnknownAddress paths={paths} />
      </>,
    );
  },
});

/** A tab of that page. */
const partOfFleet = <N extends string>(
  name: N,
  title: ComponentProps<typeof Main>['title'],
  routeRef: RouteRef,
  load: () => Promise<ReactElement>,
) =>
  SubPageBlueprint.make({
    name,
    params: {
      path: name,
      title: titleOf(title),
      routeRef,
      loader: async () => <Main title={title}>{await load()}</Main>,
    },
  });

const associationsPage = partOfFleet(
  'associations',
  'fleet.associations',
  associationsRouteRef,
  () => import('./components/Fleet').then(m => <m.AssociationsPage />),
);

const accessPage = partOfFleet('access', 'access.title', accessRouteRef, () =>
  import('./components/Access').then(m => <m.AccessPage />),
);

const clustersPage = partOfFleet(
  'clusters',
  'fleet.clusters',
  clustersRouteRef,
  () => import('./components/Fleet').then(m => <m.ClustersPage />),
);

const checksPage = partOfFleet('checks', 'checks.title', checksRouteRef, () =>
  import('./components/Docs').then(m => <m.ChecksPage />),
);

const permissionsPage = partOfFleet(
  'permissions',
  'permissions.title',
  permissionsRouteRef,
  () => import('./components/Docs').then(m => <m.PermissionsPage />),
);

/** Backstage's search lists what it finds of them by itself, too. */
const searchResultType = SearchFilterResultTypeBlueprint.make({
  name: IDENTITY_TYPE,
  params: {
    value: IDENTITY_TYPE,
    name: 'AWS identities',
    icon: <RiShieldKeyholeLine />,
  },
});

const searchResult = SearchResultListItemBlueprint.make({
  params: {
    predicate: isIdentity,
    component: () =>
      import('./components/SearchResult').then(m => m.SearchResult),
  },
});

/** Card and tab of an entity, and the fleet page. @public */
export const podIdentityPlugin = createFrontendPlugin({
  pluginId: 'eks-pod-identity',
  title: 'AWS identities',
  icon: <RiShieldKeyholeLine />,
  info: { packageJson: () => import('../package.json') },
  routes: {
    fleet: fleetRouteRef,
    associations: associationsRouteRef,
    access: accessRouteRef,
    clusters: clustersRouteRef,
    checks: checksRouteRef,
    permissions: permissionsRouteRef,
    entityContent: identityContentRouteRef,
  },
  externalRoutes: { template: templateRouteRef },
  extensions: [
    clientApi,
    identityCard,
    identitiesCard,
    identityContent,
    identityIconLink,
    verifyItem,
    fleetPage,
    associationsPage,
    accessPage,
    clustersPage,
    checksPage,
    permissionsPage,
    searchResult,
    searchResultType,
  ],
});
