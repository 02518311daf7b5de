import { useRouteRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Container } from '@backstage/ui';
import { RiCompass3Line } from '@remixicon/react';
import { useAppLocation } from '../../olderBackstage';
import { associationsRouteRef, fleetRouteRef } from '../../routes';
import { useTexts } from '../../hooks/useTexts';
import { Notice } from '../Notice';
import readable from '../readable.module.css';

/** Below the tabs of the fleet, which show nothing at an address that is none of theirs. */
export function UnknownAddress({ paths }: { paths: string[] }) {
  const { t } = useTexts();
  const { pathname } = useAppLocation();
  const base = useRouteRef(fleetRouteRef)?.().replace(/\/$/, '');
  const home = useRouteRef(associationsRouteRef)?.();
  if (base === undefined || !pathname.startsWith(`${base}/`)) return null;
  const [first] = pathname.slice(base.length + 1).split('/');
  // Without one the first tab opens
  if (!first || paths.includes(first)) return null;
  return (
    <Container>
      <main className={readable.readable}>
        <Notice
          icon={<RiCompass3Line size={24} />}
          title={t('fleet.unknownAddress', { path: pathname })}
          description={t('fleet.unknownAddressFix')}
          action={
            home && (
              <ButtonLink variant="secondary" href={home}>
                {t('fleet.backToList')}
              </ButtonLink>
            )
          }
        />
      </main>
    </Container>
  );
}
