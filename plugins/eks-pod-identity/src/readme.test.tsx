import {
  createFrontendModule,
  createTranslationMessages,
  discoveryApiRef,
  fetchApiRef,
  type FrontendFeature,
} from '@backstage/frontend-plugin-api';
import { renderTestApp } from '@backstage/frontend-test-utils';
import { TranslationBlueprint } from '@backstage/plugin-app-react';
import { createTestEntityPage } from '@backstage/plugin-catalog-react/testUtils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { checksPage } from '../dev/checksPage';
import { fixtures } from '../dev/fixtures';
import { fleetOf } from '../dev/fleet';
import { historyOf } from '../dev/reports';
import { worldFetch } from '../dev/world';
import podIdentityPlugin, { podIdentityTranslationRef } from './index';

const readme = readFileSync(resolve(__dirname, '../README.md'), 'utf8');
const settings = parse(/```yaml\n(app:\n[^]*?)```/.exec(readme)![1]);

const verified = fixtures.find(({ id }) => id === 'verified')!;

/** An entity page in an app that found the plugin among its packages. */
function openEntity(options: {
  type: string;
  path?: string;
  config?: object;
  features?: FrontendFeature[];
}) {
  const entity = {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name: 'payments-api', namespace: 'default' },
    spec: { type: options.type },
  };
  const { path = '/', config = {}, features = [] } = options;
  return renderTestApp({
    features: [podIdentityPlugin, ...features],
    extensions: [createTestEntityPage({ entity })],
    initialRouteEntries: [path],
    config: config as any,
    apis: [
      [
        discoveryApiRef,
        { getBaseUrl: async (id: string) => `http://portal.test/api/${id}` },
      ],
      [
        fetchApiRef,
        {
          fetch: worldFetch({
            entity: 'answer' in verified ? verified.answer : undefined,
            reports: historyOf('verified', 2),
            associations: fleetOf(3),
            checks: checksPage,
          }),
        },
      ],
    ],
  });
}

describe('the plugin in an app', () => {
  it('is on the pages of services', async () => {
    openEntity({ type: 'service' });
    // The card, and the tab
    expect(await screen.findAllByText('Verify now')).toHaveLength(2);
  });

  it('is not on those of websites', async () => {
    openEntity({ type: 'website' });
    expect(await screen.findByTestId('empty-entity-page')).toBeInTheDocument();
  });

  it('takes the filters of the README', async () => {
    openEntity({ type: 'worker', config: settings });
    expect(await screen.findAllByText('Verify now')).toHaveLength(2);
  });

  it('has its fleet page at the path from the README', async () => {
    openEntity({
      type: 'service',
      config: settings,
      path: '/identities/associations',
    });
    expect(await screen.findByText('3 associations')).toBeInTheDocument();
    expect(
      screen.queryByRole('tab', { name: 'Clusters' }),
    ).not.toBeInTheDocument();
  });

  it('has the page about checks where the links of findings lead', async () => {
    openEntity({ type: 'service', path: '/aws-identities/checks#roleexists' });
    expect(
      await screen.findByRole('heading', { name: /role\.exists$/ }),
    ).toHaveFocus();
    expect(
      screen.getByRole('tab', { name: 'Checks', selected: true }),
    ).toBeInTheDocument();
  });

  it('says what is not there at an address that no tab has, and leads back', async () => {
    openEntity({ type: 'service', path: '/aws-identities/nope/further' });
    expect(
      await screen.findByText('There is no page /aws-identities/nope/further.'),
    ).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('link', { name: 'All associations' }),
    );
    expect(await screen.findByText('3 associations')).toBeInTheDocument();
    expect(screen.queryByText(/^There is no page/)).not.toBeInTheDocument();
  });

  it('uses its translations', async () => {
    openEntity({
      type: 'service',
      features: [
        createFrontendModule({
          pluginId: 'app',
          extensions: [
            TranslationBlueprint.make({
              name: 'our-words',
              params: {
                resource: createTranslationMessages({
                  ref: podIdentityTranslationRef,
                  messages: { 'card.title': 'AWS credentials' },
                }),
              },
            }),
          ],
        }),
      ],
    });
    expect(await screen.findByText('AWS credentials')).toBeInTheDocument();
  });
});
