import { Text } from '@backstage/ui';
import { RiQuestionLine } from '@remixicon/react';
import {
  stringifyServiceAccountRef,
  type EntityNodeUse,
} from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import badge from '../StatusBadge/StatusBadge.module.css';
import styles from './IdentityCard.module.css';
import { AccountName } from './Line';

function NodeLine({ use }: { use: EntityNodeUse }) {
  const { t } = useTexts();
  const names = use.workloads.join(', ');
  const further = use.workloadCount - use.workloads.length;
  return (
    <div className={styles.access}>
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
      <Text as="p" variant="body-medium" className={styles.sentence}>
        {t('accessAsNode.sentence', {
          count: use.pods,
          names:
            further > 0
              ? t('accessAsNode.further', { names, count: further })
              : names,
        })}
      </Text>
      <Text as="p" variant="body-small" color="secondary">
        {t('accessAsNode.what')}
      </Text>
    </div>
  );
}

/** Service accounts of a component whose pods may be what calls AWS as their node: never more than that they may. */
export function NodeLines({ uses }: { uses: EntityNodeUse[] }) {
  return (
    <div className={styles.access}>
      {uses.map(use => (
        <NodeLine key={stringifyServiceAccountRef(use.ref)} use={use} />
      ))}
    </div>
  );
}
