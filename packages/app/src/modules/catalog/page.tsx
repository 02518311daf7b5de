import { convertLegacyRouteRef } from '@backstage/core-compat-api';
import { PageBlueprint } from '@backstage/frontend-plugin-api';
import { catalogPlugin } from '@backstage/plugin-catalog';
import { RiShapesLine } from '@remixicon/react';

/** The catalog as Backstage has it, with the status of the AWS identity of each entity. */
export const catalogPage = PageBlueprint.make({
  params: {
    path: '/catalog',
    title: 'Catalog',
    // It has one of its own
    noHeader: true,
    icon: <RiShapesLine />,
    routeRef: convertLegacyRouteRef(catalogPlugin.routes.catalogIndex),
    loader: async () => {
      const { CatalogPage } = await import('./CatalogPage');
      return <CatalogPage />;
    },
  },
});
