import {
  EntityCardBlueprint,
  EntityContentBlueprint,
  EntityContextMenuItemBlueprint,
  EntityIconLinkBlueprint,
} from '@backstage/plugin-catalog-react/alpha';
import { useIconLinkProps } from './components/IconLink';
import { useVerifyItem } from './components/VerifyItem';
import { RiShieldCheckLine } from '@remixicon/react';
import { defaultFilter } from './defaultFilter';
import { TAB_PATH } from './hooks/useLinks';
import { titleOf } from './olderBackstage';
import { identityContentRouteRef } from './routes';

// All uses of the catalog’s alpha blueprints

export const identityCard = EntityCardBlueprint.make({
  params: {
    type: 'info',
    filter: defaultFilter,
    loader: () =>
      import('./components/IdentityCard').then(m => <m.EntityIdentityCard />),
  },
});

export const identityContent = EntityContentBlueprint.make({
  params: {
    path: TAB_PATH,
    title: titleOf('tab.title'),
    group: 'deployment',
    routeRef: identityContentRouteRef,
    filter: defaultFilter,
    loader: () => import('./components/Tab').then(m => <m.EntityIdentityTab />),
  },
});

/** On the About card. */
export const identityIconLink = EntityIconLinkBlueprint.make({
  params: { filter: defaultFilter, useProps: useIconLinkProps },
});

/** On the pages of systems and groups. */
export const identitiesCard = EntityCardBlueprint.make({
  name: 'identities',
  params: {
    type: 'info',
    filter: { $any: [{ kind: 'system' }, { kind: 'group' }] },
    loader: () =>
      import('./components/IdentitiesOf/EntityIdentitiesCard').then(m => (
        <m.EntityIdentitiesCard />
      )),
  },
});

/** In the menu beside the title of its page. */
export const verifyItem = EntityContextMenuItemBlueprint.make({
  name: 'verify',
  params: {
    icon: <RiShieldCheckLine />,
    filter: defaultFilter,
    useProps: useVerifyItem,
  },
});
