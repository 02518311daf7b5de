import type { FetchApi } from '@backstage/core-plugin-api';
import { discoveryApiRef, fetchApiRef } from '@backstage/core-plugin-api';
import {
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { renderInTestApp, TestApiProvider } from '@backstage/test-utils';
import { screen } from '@testing-library/react';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import { fixtures } from '../dev/fixtures';
import {
  EntityIdentityCard,
  podIdentityApiFactory,
  podIdentityApiRef,
} from './legacy';

const entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments-api', namespace: 'default' },
  spec: { type: 'service' },
};

const verified = fixtures.find(({ id }) => id === 'verified')!;

describe('the card in an app on the old frontend system', () => {
  it('asks the backend with the app’s own fetch and links to the entity’s tab', async () => {
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
