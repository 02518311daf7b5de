import { type RouteRef, useRouteRef } from '@backstage/frontend-plugin-api';
import { Container, PluginHeader } from '@backstage/ui';
import { RiShieldKeyholeLine } from '@remixicon/react';
import type { ComponentProps } from 'react';
import {
  accessRouteRef,
  associationsRouteRef,
  checksRouteRef,
  clustersRouteRef,
  permissionsRouteRef,
} from '../../routes';
import { useTexts } from '../../hooks/useTexts';
import { Main } from '../Main';

/** What the new frontend system puts around the pages by itself: the header, and tabs to those that the app has mounted. */
export function LegacyPage({ title, children }: ComponentProps<typeof Main>) {
  const { t } = useTexts();
  const tabs = [
    useTab('associations', t('fleet.associations'), associationsRouteRef),
    useTab('access', t('access.title'), accessRouteRef),
    useTab('clusters', t('fleet.clusters'), clustersRouteRef),
    useTab('checks', t('checks.title'), checksRouteRef),
    useTab('permissions', t('permissions.title'), permissionsRouteRef),
  ];
  return (
    <>
      <PluginHeader
        icon={<RiShieldKeyholeLine />}
        title={t('fleet.title')}
        tabs={tabs.flatMap(tab => tab ?? [])}
      />
      <Main title={title}>
        <Container>{children}</Container>
      </Main>
    </>
  );
}

function useTab(id: string, label: string, routeRef: RouteRef) {
  const href = useRouteRef(routeRef)?.();
  return href === undefined ? undefined : { id, label, href };
}
