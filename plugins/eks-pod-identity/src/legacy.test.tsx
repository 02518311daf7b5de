import type { Entity } from '@backstage/catalog-model';
import { createSpecializedApp } from '@backstage/core-app-api';
import {
  attachComponentData,
  createApiFactory,
  createRouteRef,
  discoveryApiRef,
  errorApiRef,
  fetchApiRef,
  type FetchApi,
} from '@backstage/core-plugin-api';
import {
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import {
  MockErrorApi,
  renderInTestApp,
  TestApiProvider,
} from '@backstage/test-utils';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ReactElement } from 'react';
import { MemoryRouter, Route, Routes } from 'react-router-dom';
import { accessOf, progressOf } from '../dev/access';
import { checksPage } from '../dev/checksPage';
import { fixtures } from '../dev/fixtures';
import { clustersOf, fleetOf } from '../dev/fleet';
import { historyOf } from '../dev/reports';
import { worldFetch, type World } from '../dev/world';
import * as legacy from './legacy';
import {
  AccessPage,
  AssociationsPage,
  ChecksPage,
  ClustersPage,
  EntityIdentityCard,
  EntityIdentityTab,
  isPodIdentityAvailable,
  podIdentityApiFactory,
  podIdentityApiRef,
  podIdentityPlugin,
} from './legacy';

const entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments-api', namespace: 'default' },
  spec: { type: 'service' },
};

const verified = fixtures.find(({ id }) => id === 'verified')!;

describe('the card in an app on the old frontend system', () => {
  it('calls the backend with the app’s fetch and links to the entity’s tab', async () => {
    const asked: string[] = [];
    const fetchApi: FetchApi = {
      fetch: async input => {
        asked.push(String(input));
        return new Response(
          JSON.stringify('answer' in verified && verified.answer),
          { headers: { 'content-type': 'application/json' } },
        );
      },
    };
    const discoveryApi = {
      getBaseUrl: async (id: string) => `http://portal.test/api/${id}`,
    };
    const { api, deps, factory } = podIdentityApiFactory;
    expect(api).toBe(podIdentityApiRef);
    expect(deps).toEqual({
      discoveryApi: discoveryApiRef,
      fetchApi: fetchApiRef,
    });
    const client = factory({ discoveryApi, fetchApi });
    expect(client).toBeInstanceOf(PodIdentityClient);

    await renderInTestApp(
      <TestApiProvider apis={[[podIdentityApiRef, client]]}>
        <EntityProvider entity={entity}>
          <EntityIdentityCard />
        </EntityProvider>
      </TestApiProvider>,
      {
        mountedRoutes: { '/catalog/:namespace/:kind/:name': entityRouteRef },
      },
    );

    expect(await screen.findByText('Verified')).toBeInTheDocument();
    expect(screen.getByText('AWS identity')).toBeInTheDocument();
    expect(screen.getByText('Verify now')).toBeInTheDocument();
    expect(asked).toEqual([
      'http://portal.test/api/eks-pod-identity/v1/entities/component/default/payments-api',
    ]);
    expect(screen.getByText('View report').closest('a')).toHaveAttribute(
      'href',
      '/catalog/default/component/payments-api/aws-identity?ref=payments-prod%2Fpayments%2Fpayments-api',
    );
  });
});

const templatePageRef = createRouteRef({
  id: 'template',
  params: ['namespace', 'templateName'],
});

/** Stands where another plugin has its page. */
function elsewhere(routeRef: any) {
  const Elsewhere = () => <p>Another page</p>;
  attachComponentData(Elsewhere, 'core.mountPoint', routeRef);
  return <Elsewhere />;
}

/** An app on the old frontend system with everything where its author put it. */
function renderLegacyApp(path: string, world: World, entityTab: ReactElement) {
  const notFound = () => <p>Not found</p>;
  const app = createSpecializedApp({
    apis: [
      createApiFactory(discoveryApiRef, {
        getBaseUrl: async (id: string) => `http://portal.test/api/${id}`,
      }),
      createApiFactory(fetchApiRef, { fetch: worldFetch(world) }),
      createApiFactory(errorApiRef, new MockErrorApi()),
    ],
    plugins: [podIdentityPlugin],
    icons: {} as any,
    themes: [
      {
        id: 'light',
        title: 'Light',
        variant: 'light',
        Provider: ({ children }) => <>{children}</>,
      },
    ],
    components: {
      NotFoundErrorPage: notFound,
      BootErrorPage: notFound,
      Progress: () => null,
      Router: ({ children }) => (
        <MemoryRouter initialEntries={[path]}>{children}</MemoryRouter>
      ),
      ErrorBoundaryFallback: ({ error }) => <p>{error?.message}</p>,
    },
    configLoader: async () => [
      { context: 'test', data: { app: { baseUrl: 'http://portal.test' } } },
    ],
    bindRoutes({ bind }) {
      bind(podIdentityPlugin.externalRoutes, { template: templatePageRef });
    },
  });
  const Root = app.getProvider();
  const Router = app.getRouter();
  render(
    <Root>
      <Router>
        <Routes>
          <Route path="/identities/list" element={<AssociationsPage />} />
          <Route path="/identities/access" element={<AccessPage />} />
          <Route path="/identities/clusters" element={<ClustersPage />} />
          <Route path="/aws-identities/checks" element={<ChecksPage />} />
          <Route
            path="/catalog/:namespace/:kind/:name"
            element={elsewhere(entityRouteRef)}
          />
          <Route
            path="/create/:namespace/:templateName"
            element={elsewhere(templatePageRef)}
          />
          <Route
            path="/tab"
            element={
              <EntityProvider entity={entity}>{entityTab}</EntityProvider>
            }
          />
        </Routes>
      </Router>
    </Root>,
  );
}

const fleet = fleetOf(20);
const answerOf = (id: string) => {
  const fixture = fixtures.find(each => each.id === id)!;
  if (!('answer' in fixture)) throw new Error(`${id} has no answer`);
  return fixture.answer;
};

describe('an app on the old frontend system', () => {
  it('shows the fleet, whose rows link to the entity pages of the app', async () => {
    renderLegacyApp(
      '/identities/list?q=ledger-worker',
      { associations: fleet, clusters: clustersOf(fleet) },
      <EntityIdentityTab />,
    );
    expect(
      await screen.findByRole('link', { name: 'ledger-worker-1' }),
    ).toHaveAttribute(
      'href',
      '/catalog/default/component/ledger-worker-1/aws-identity?ref=analytics-staging%2Fledger%2Fledger-worker-1',
    );
    expect(screen.getByRole('searchbox')).toHaveValue('ledger-worker');
  });

  it('has a header, and tabs that lead from page to page', async () => {
    renderLegacyApp(
      '/identities/clusters',
      { associations: fleet, clusters: clustersOf(fleet) },
      <EntityIdentityTab />,
    );
    expect(await screen.findByText('AWS identities')).toBeInTheDocument();
    const tab = (name: string, selected: boolean) =>
      screen.findByRole('tab', { name, selected });
    await tab('Clusters', true);
    expect(await tab('Checks', false)).toHaveAttribute(
      'href',
      '/aws-identities/checks',
    );
    await userEvent.click(await tab('Associations', false));
    expect(
      await screen.findByRole('link', { name: 'ledger-worker-1' }),
    ).toBeInTheDocument();
    await tab('Associations', true);
  });

  it('shows all AWS access, to which the empty fleet leads', async () => {
    const access = accessOf(2);
    renderLegacyApp(
      '/identities/list',
      {
        associations: [],
        clusters: clustersOf([]).filter(({ stale }) => !stale),
        access,
        accessProgress: progressOf(access),
      },
      <EntityIdentityTab />,
    );
    await userEvent.click(
      await screen.findByRole('link', { name: 'All AWS access' }),
    );
    expect(await screen.findByText('2 service accounts')).toBeInTheDocument();
    expect(
      await screen.findByRole('tab', {
        name: 'All AWS access',
        selected: true,
      }),
    ).toBeInTheDocument();
  });

  it('links from a cluster to the associations page of the app', async () => {
    renderLegacyApp(
      '/identities/clusters',
      { clusters: clustersOf(fleet) },
      <EntityIdentityTab />,
    );
    expect(
      await screen.findByRole('link', {
        name: '7 associations on orders-legacy',
      }),
    ).toHaveAttribute('href', '/identities/list?cluster=orders-legacy');
  });

  it('shows the page about the checks, at the section of the link', async () => {
    renderLegacyApp(
      '/aws-identities/checks#roletrust-policy',
      { checks: checksPage },
      <EntityIdentityTab />,
    );
    expect(
      await screen.findByRole('heading', { name: /role\.trust-policy$/ }),
    ).toHaveFocus();
  });

  it.each([
    ['a service', { spec: { type: 'service' } }, true],
    ['a website', { spec: { type: 'website' } }, false],
    [
      'a website with our annotation',
      {
        metadata: {
          name: 'x',
          annotations: { 'aws.amazon.com/eks-pod-identity': 'a/b/c' },
        },
        spec: { type: 'website' },
      },
      true,
    ],
    ['an API', { kind: 'API', spec: { type: 'service' } }, false],
  ])('knows whether %s gets a card', (_what, part, expected) => {
    expect(isPodIdentityAvailable({ ...entity, ...part } as Entity)).toBe(
      expected,
    );
  });

  it('shows the tab with its report', async () => {
    renderLegacyApp(
      '/tab?report=run-1',
      { entity: answerOf('broken'), reports: historyOf('broken', 3) },
      <EntityIdentityTab />,
    );
    expect(
      await screen.findByRole('region', { name: 'Likely root cause' }),
    ).toBeInTheDocument();
    expect(screen.getByText(/This is an older report/)).toBeInTheDocument();
  });

  it('offers the templates that fix a setup which broke off', async () => {
    renderLegacyApp(
      '/tab',
      { entity: answerOf('broken-off'), reports: [] },
      <EntityIdentityTab />,
    );
    for (const [name, template] of [
      ['Remove what it created', 'remove-aws-identity'],
      ['Finish the setup', 'give-a-component-an-aws-identity'],
    ]) {
      const link = await screen.findByRole('link', { name });
      const { pathname, searchParams } = new URL(
        link.getAttribute('href')!,
        'http://portal.test',
      );
      expect(pathname).toBe(`/create/default/${template}`);
      expect(JSON.parse(searchParams.get('formData')!)).toEqual({
        entityRef: 'component:default/payments-api',
        clusterName: 'payments-prod',
        namespace: 'payments',
        serviceAccount: 'payments-api',
      });
    }
  });

  it('links to the template that the app bound', async () => {
    renderLegacyApp(
      '/tab',
      { entity: answerOf('none') },
      <EntityIdentityTab />,
    );
    const give = await screen.findByRole('link', { name: 'Set up AWS access' });
    expect(give.getAttribute('href')).toMatch(
      /^\/create\/default\/give-a-component-an-aws-identity\?formData=/,
    );
  });
});

it('has for a Developer Hub what docs/developer-hub.md mounts', () => {
  const page = readFileSync(
    resolve(__dirname, '../../../docs/developer-hub.md'),
    'utf8',
  );
  const names = [
    ...page.matchAll(/(?:importName: |\[|bindTarget: )(\w+)(?=$|\]|\.)/gm),
  ].map(([, name]) => name);
  const ours = names.filter(name => !/FieldExtension$|^[^a-z]+$/i.test(name));
  expect([...new Set(ours)].filter(name => !(name in legacy))).toEqual([]);
  expect(ours).toEqual(
    expect.arrayContaining(['podIdentityPlugin', 'isPodIdentityAvailable']),
  );
  const folder = resolve(__dirname, '..');
  const { scalprum } = JSON.parse(
    readFileSync(resolve(folder, 'package.json'), 'utf8'),
  );
  expect(resolve(folder, scalprum.exposedModules.PluginRoot)).toBe(
    require.resolve('./legacy'),
  );
  expect(page).toContain(`frontend:\n          ${scalprum.name}:\n`);
});
