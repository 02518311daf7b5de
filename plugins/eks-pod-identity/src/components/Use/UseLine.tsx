import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import type { Identity } from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import { relativeTime } from '../when';
import { useLineOf } from './useLineOf';
import styles from './Use.module.css';

const DAY_MS = 24 * 3_600_000;

/** One line of a card: whether the application obtained the role, and what AWS denied it today. */
export function UseLine({ identity }: { identity: Identity }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const lineOf = useLineOf();
  const { use, proofLevel } = identity;
  if (!use || use.state === 'off') return null;
  const line =
    lineOf(use) ??
    (use.state === 'read' ? t('use.notSeen') : t(`use.${use.state}`));
  const deniedToday =
    use.deniedAt && Date.now() - Date.parse(use.deniedAt) < DAY_MS
      ? use.deniedAt
      : undefined;
  return (
    <div className={styles.line}>
      <Text
        as="p"
        variant="body-small"
        color="secondary"
        title={use.pod && new Date(use.pod.at).toLocaleString()}
      >
        {line}
        {proofLevel === 'application' && ` · ${t('proof.application')}`}
      </Text>
      {deniedToday && (
        <Text as="p" variant="body-small" className={styles.denied}>
          {t('use.deniedLately', { when: relativeTime(deniedToday) })}
        </Text>
      )}
    </div>
  );
}
