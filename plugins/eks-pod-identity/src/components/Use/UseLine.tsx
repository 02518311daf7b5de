import { Text } from '@backstage/ui';
import type { Identity } from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { relativeTime } from '../when';
import { useLineOf } from './useLineOf';
import styles from './Use.module.css';

const DAY_MS = 24 * 3_600_000;

/** Lines of a card: which pod obtained the role, unless a proof above says it, and what AWS denied the application today. */
export function UseLine({ identity }: { identity: Identity }) {
  const { t } = useTexts();
  const lineOf = useLineOf();
  const { status, use } = identity;
  if (!use || use.state === 'off') return null;
  const line = status === 'verified' ? undefined : lineOf(use);
  const deniedToday =
    use.deniedAt && Date.now() - Date.parse(use.deniedAt) < DAY_MS
      ? use.deniedAt
      : undefined;
  if (!line && !deniedToday) return null;
  return (
    <div className={styles.line}>
      {line && (
        <Text
          as="p"
          variant="body-small"
          color="secondary"
          title={use.pod && new Date(use.pod.at).toLocaleString()}
        >
          {line}
        </Text>
      )}
      {deniedToday && (
        <Text as="p" variant="body-small" className={styles.denied}>
          {t('use.deniedLately', { when: relativeTime(deniedToday) })}
        </Text>
      )}
    </div>
  );
}
