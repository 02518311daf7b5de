import { useAppLocation, useAppNavigate } from '@backstage/frontend-plugin-api';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { entityRouteRef } from '@backstage/plugin-catalog-react';
import { screen } from '@testing-library/react';
import type { ReactElement } from 'react';
import { WithApi } from '../../dev/WithApi';
import { worldClient, type World } from '../../dev/world';
import {
  accessRouteRef,
  associationsRouteRef,
  clustersRouteRef,
  templateRouteRef,
} from '../routes';

function Address() {
  const { search } = useAppLocation();
  const navigate = useAppNavigate();
  return (
    <>
      <output data-testid="address">{search}</output>
      <button onClick={() => navigate(-1)}>Go back in the browser</button>
    </>
  );
}

/** The current query parameters. */
export const address = () =>
  Object.fromEntries(
    new URLSearchParams(screen.getByTestId('address').textContent ?? ''),
  );

/** Renders a page in an app whose backend is a world of fixtures. @returns the URLs of all requests, also later ones */
export function renderOnWorld(
  page: ReactElement,
  world: World,
  search = '',
): URL[] {
  const asked: URL[] = [];
  // What a test changes in its world later counts too
  const watched: World = Object.assign(Object.create(world), {
    onRequest: (request: { method: string; url: URL }) => {
      asked.push(request.url);
      world.onRequest?.(request);
    },
  });
  const client = worldClient(watched);
  renderInTestApp(
    <WithApi client={client}>
      <Address />
      {page}
    </WithApi>,
    {
      initialRouteEntries: [`/${search}`],
      mountedRoutes: {
        '/catalog/:namespace/:kind/:name': entityRouteRef,
        '/aws-identities/associations': associationsRouteRef,
        '/aws-identities/access': accessRouteRef,
        '/aws-identities/clusters': clustersRouteRef,
        '/create/templates/:namespace/:templateName': templateRouteRef as any,
      },
    },
  );
  return asked;
}
