import '@backstage/cli/asset-types';
// This entry is a separate app
// eslint-disable-next-line @backstage/no-ui-css-imports-in-non-frontend
import '@backstage/ui/css/styles.css';
import { createApp } from '@backstage/frontend-defaults';
import { ConfigReader } from '@backstage/core-app-api';
import {
  createFrontendPlugin,
  createRouteRef,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import { entityRouteRef } from '@backstage/plugin-catalog-react';
import { Text } from '@backstage/ui';
import ReactDOM from 'react-dom/client';
import {
  accessRouteRef,
  associationsRouteRef,
  templateRouteRef,
} from '../src/routes';
import { pageStates } from './pageStates';
import { PageOn, Views } from './views';

const page = PageBlueprint.make({
  params: {
    path: '/',
    title: 'AWS identity: every state',
    loader: async () => <Views />,
  },
});

const formRouteRef = createRouteRef({ params: ['namespace', 'templateName'] });

/** The targets of links in the views; in a portal these are the catalog, the scaffolder and the fleet page. */
const elsewhere = [
  PageBlueprint.make({
    name: 'associations',
    params: {
      path: '/aws-identities/associations',
      title: 'Associations',
      routeRef: associationsRouteRef,
      loader: async () => <PageOn view="fleet" state={pageStates.fleet[0]} />,
    },
  }),
  PageBlueprint.make({
    name: 'access',
    params: {
      path: '/aws-identities/access',
      title: 'All AWS access',
      routeRef: accessRouteRef,
      loader: async () => <PageOn view="access" state={pageStates.access[0]} />,
    },
  }),
  PageBlueprint.make({
    name: 'entity',
    params: {
      path: '/catalog/:namespace/:kind/:name/*',
      title: 'Entity',
      routeRef: entityRouteRef as any,
      loader: async () => <Text>The page of the component</Text>,
    },
  }),
  PageBlueprint.make({
    name: 'template',
    params: {
      path: '/create/templates/:namespace/:templateName',
      title: 'Template',
      routeRef: formRouteRef,
      loader: async () => <Text>The form of the template</Text>,
    },
  }),
];

const states = createFrontendPlugin({
  pluginId: 'states',
  externalRoutes: { template: templateRouteRef },
  extensions: [page, ...elsewhere],
});

const app = createApp({
  features: [states],
  bindRoutes({ bind }) {
    bind(states.externalRoutes, { template: formRouteRef });
  },
  advanced: {
    // There is no portal behind this page: no sign-in, and no app-config that applies
    configLoader: async () => ({
      config: new ConfigReader({
        app: {
          title: 'Card states',
          baseUrl: window.location.origin,
          extensions: [{ 'sign-in-page:app': false }],
        },
        backend: { baseUrl: window.location.origin },
      }),
    }),
  },
});

ReactDOM.createRoot(document.getElementById('root')!).render(app.createRoot());
