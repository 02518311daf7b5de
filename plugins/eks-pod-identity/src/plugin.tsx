import {
  ApiBlueprint,
  coreExtensionData,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
  SubPageBlueprint,
} from '@backstage/frontend-plugin-api';
import { RiShieldKeyholeLine } from '@remixicon/react';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityApiRef } from './api';
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

const associationsPage = SubPageBlueprint.make({
  name: 'associations',
  params: {
    path: 'associations',
    title: titleOf('fleet.associations'),
    routeRef: associationsRouteRef,
    loader: () =>
      import('./components/Fleet').then(m => <m.AssociationsPage />),
  },
});

const accessPage = SubPageBlueprint.make({
  name: 'access',
  params: {
    path: 'access',
    title: titleOf('access.title'),
    routeRef: accessRouteRef,
    loader: () => import('./components/Access').then(m => <m.AccessPage />),
  },
});

const clustersPage = SubPageBlueprint.make({
  name: 'clusters',
  params: {
    path: 'clusters',
    title: titleOf('fleet.clusters'),
    routeRef: clustersRouteRef,
    loader: () => import('./components/Fleet').then(m => <m.ClustersPage />),
  },
});

const checksPage = SubPageBlueprint.make({
  name: 'checks',
  params: {
    path: 'checks',
    title: titleOf('checks.title'),
    routeRef: checksRouteRef,
    loader: () => import('./components/Docs').then(m => <m.ChecksPage />),
  },
});

const permissionsPage = SubPageBlueprint.make({
  name: 'permissions',
  params: {
    path: 'permissions',
    title: titleOf('permissions.title'),
    routeRef: permissionsRouteRef,
    loader: () => import('./components/Docs').then(m => <m.PermissionsPage />),
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
  ],
});
