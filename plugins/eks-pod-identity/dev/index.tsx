import '@backstage/cli/asset-types';
// This entry is an app of its own.
// eslint-disable-next-line @backstage/no-ui-css-imports-in-non-frontend
import '@backstage/ui/css/styles.css';
import { createApp } from '@backstage/frontend-defaults';
import { ApiProvider, ConfigReader } from '@backstage/core-app-api';
import {
  createFrontendPlugin,
  createRouteRef,
  PageBlueprint,
  useApiHolder,
  type ApiHolder,
} from '@backstage/frontend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import {
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { Container, Text } from '@backstage/ui';
import ReactDOM from 'react-dom/client';
import { podIdentityApiRef } from '../src/api';
import { IdentityCard } from '../src/components/IdentityCard';
import { fixtureClient } from './FixtureClient';
import { templateRouteRef } from '../src/routes';
import { fixtures, type Fixture } from './fixtures';

const entity: Entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments-api', namespace: 'default' },
  spec: { type: 'service', lifecycle: 'production', owner: 'team-payments' },
};

/** One card whose client answers with its fixture; everything else is the app's. */
function CardOn({ fixture, width }: { fixture: Fixture; width: number }) {
  const outer = useApiHolder();
  const client = fixtureClient(fixture);
  const apis: ApiHolder = {
    get: ref =>
      ref.id === podIdentityApiRef.id ? (client as any) : outer.get(ref),
  };
  return (
    <section data-testid={`state-${fixture.id}`} style={{ width }}>
      <Text as="h2" variant="body-small" color="secondary">
        {fixture.title}
      </Text>
      <ApiProvider apis={apis}>
        <EntityProvider entity={entity}>
          <IdentityCard entity={entity} />
        </EntityProvider>
      </ApiProvider>
    </section>
  );
}

function AllStates() {
  const width = Number(
    new URLSearchParams(window.location.search).get('width') ?? 331,
  );
  return (
    <Container>
      <div
        style={{
          display: 'flex',
          flexWrap: 'wrap',
          alignItems: 'flex-start',
          gap: 24,
        }}
      >
        {fixtures.map(fixture => (
          <CardOn key={fixture.id} fixture={fixture} width={width} />
        ))}
      </div>
    </Container>
  );
}

const page = PageBlueprint.make({
  params: {
    path: '/',
    title: 'AWS identity: every state of the card',
    loader: async () => <AllStates />,
  },
});

const formRouteRef = createRouteRef({ params: ['namespace', 'templateName'] });

/** Where the card links to: a portal has the catalog and the scaffolder there. */
const elsewhere = [
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
    // No portal stands behind this page: nobody to sign in to, and no app-config that applies.
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
