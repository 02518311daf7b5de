import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { RiQuestionLine } from '@remixicon/react';
import {
  stringifyServiceAccountRef,
  type EntityNodeUse,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import badge from '../StatusBadge/StatusBadge.module.css';
import styles from './IdentityCard.module.css';
import { AccountName } from './Line';

/** Service accounts of a component whose pods may be what calls AWS as their node: never more than that they may. */
export function NodeLines({ uses }: { uses: EntityNodeUse[] }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <div className={styles.access}>
      {uses.map(use => (
        <div
          key={stringifyServiceAccountRef(use.ref)}
          className={styles.access}
        >
          <div className={styles.headline}>
            <AccountName of={use} />
            <span className={badge.badge} data-tone="neutral">
              <span className={badge.icon} aria-hidden="true">
                <RiQuestionLine size={18} />
              </span>
              {t('accessAsNode.badge')}
            </span>
          </div>
          <Text as="p" variant="body-small" color="secondary">
            {t(`accessLink.${use.linkedBy}`, { namespace: use.ref.namespace })}
          </Text>
          <Text as="p" variant="body-medium">
            {t('accessAsNode.sentence', {
              count: use.pods,
              names: use.workloads.join(', '),
            })}
          </Text>
          <Text as="p" variant="body-small" color="secondary">
            {t('accessAsNode.what')}
          </Text>
        </div>
      ))}
    </div>
  );
}
