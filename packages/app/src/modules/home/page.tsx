import { createRouteRef, PageBlueprint } from '@backstage/frontend-plugin-api';
import { RiHome4Line } from '@remixicon/react';

/** What the demo opens with. A portal of your own disables `page:app/home` and has its catalog there. */
export const homePage = PageBlueprint.make({
  name: 'home',
  params: {
    path: '/',
    title: 'Start here',
    icon: <RiHome4Line />,
    // Without one it is not in the sidebar
    routeRef: createRouteRef(),
    loader: () => import('./HomePage').then(m => <m.HomePage />),
  },
});
