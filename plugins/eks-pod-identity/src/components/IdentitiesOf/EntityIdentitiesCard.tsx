import { stringifyEntityRef } from '@backstage/catalog-model';
import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import { EntityInfoCard, useEntity } from '@backstage/plugin-catalog-react';
import { Link, Text } from '@backstage/ui';
import { IDENTITY_STATUS_ORDER } from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityApiRef } from '../../api';
import { useRequest } from '../../hooks/useRequest';
import { associationsRouteRef } from '../../routes';
import { useTexts } from '../../hooks/useTexts';
import { StatusIcon } from '../StatusBadge';
import styles from './EntityIdentitiesCard.module.css';

/**
 * How the identities of a system’s or a group’s components are, in one line whose parts lead to the fleet. Renders nothing
 * where there is none that the user may see, or they could not be loaded.
 */
export function EntityIdentitiesCard() {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const fleet = useRouteRef(associationsRouteRef)?.();
  const { entity } = useEntity();
  const ref = stringifyEntityRef(entity);
  const filter =
    entity.kind.toLocaleLowerCase('en-US') === 'system' ? 'partOf' : 'ownedBy';
  const { value } = useRequest(ref, signal =>
    api.listAssociations({ [filter]: ref, limit: 1 }, { signal }),
  );
  const counts = value?.counts ?? {};
  const found = IDENTITY_STATUS_ORDER.filter(status => counts[status]);
  if (found.length === 0) return null;
  return (
    <EntityInfoCard title={t('fleet.title')}>
      <ul className={styles.counts}>
        {found.map(status => {
          const text = t('fleet.countOfStatus', {
            count: counts[status],
            status: t(`status.${status}`),
          });
          const query = new URLSearchParams({ [filter]: ref, status });
          return (
            <li key={status}>
              <StatusIcon status={status} />
              {fleet ? (
                <Link href={`${fleet}?${query}`}>{text}</Link>
              ) : (
                <Text>{text}</Text>
              )}
            </li>
          );
        })}
      </ul>
    </EntityInfoCard>
  );
}
