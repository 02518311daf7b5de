import {
  createExtensionTester,
  renderInTestApp,
} from '@backstage/frontend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import {
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { SignalApi, signalApiRef } from '@backstage/plugin-signals-react';
// For a test over both halves; nothing of it is published.
// eslint-disable-next-line @backstage/no-mixed-plugin-imports
import podIdentityPlugin, {
  podIdentityApiRef,
} from 'backstage-plugin-eks-pod-identity';
// eslint-disable-next-line @backstage/no-mixed-plugin-imports
import { EntityIdentityTab } from 'backstage-plugin-eks-pod-identity/legacy';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';

/** What stands between a page and the backend, for tests that put trouble there. */
export type Between = (
  ask: () => Promise<Response>,
  request: { method: string; path: string },
) => Promise<Response>;

/** The client of a page, over HTTP. */
export function pageClient(options: {
  baseUrl: string;
  authorization?: string;
  between?: Between;
}): PodIdentityClient {
  const { baseUrl, authorization, between = ask => ask() } = options;
  return new PodIdentityClient({
    discoveryApi: { getBaseUrl: async () => baseUrl },
    fetchApi: {
      fetch: (input, init) =>
        between(
          () => {
            const headers = new Headers(init?.headers);
            if (authorization) headers.set('authorization', authorization);
            return fetch(input, { ...init, headers });
          },
          {
            method: init?.method ?? 'GET',
            path: String(input).slice(baseUrl.length),
          },
        ),
    },
  });
}

/** The card on the page of an entity, as the plugin brings it to an app. */
export function openCard(
  entity: Entity,
  client: PodIdentityClient,
  signals?: SignalApi,
) {
  const card = podIdentityPlugin.getExtension('entity-card:eks-pod-identity');
  return show(createExtensionTester(card).reactElement(), {
    entity,
    client,
    signals,
  });
}

/** The same of the tab. */
export function openTab(entity: Entity, client: PodIdentityClient) {
  return show(<EntityIdentityTab />, { entity, client });
}

function show(
  element: JSX.Element,
  {
    entity,
    client,
    signals,
  }: { entity: Entity; client: PodIdentityClient; signals?: SignalApi },
) {
  return renderInTestApp(
    <EntityProvider entity={entity}>{element}</EntityProvider>,
    {
      apis: [
        [podIdentityApiRef, client],
        ...(signals ? [[signalApiRef, signals]] : []),
      ] as any[],
      mountedRoutes: {
        '/catalog/:namespace/:kind/:name': entityRouteRef,
        '/create/templates/:namespace/:templateName':
          podIdentityPlugin.externalRoutes.template,
      },
    },
  );
}
