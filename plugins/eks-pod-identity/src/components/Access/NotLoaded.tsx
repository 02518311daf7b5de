import { Button, Text } from '@backstage/ui';
import { RiCloudOffLine } from '@remixicon/react';
import type { Problem } from '../../hooks/problems';
import { useTexts } from '../../hooks/useTexts';
import styles from './Access.module.css';

/** In one line, because it takes the place of a part of the page: what could not be loaded, and why. */
export function NotLoaded({
  what,
  problem,
  onRetry,
}: {
  /** A sentence. */
  what: string;
  problem: Problem;
  onRetry: () => void;
}) {
  const { t } = useTexts();
  return (
    <div role="alert" className={styles.failed}>
      <RiCloudOffLine size={20} aria-hidden="true" />
      <Text as="p">
        {what} {problem.kind === 'error' && problem.message}
      </Text>
      <Button size="small" variant="secondary" onPress={onRetry}>
        {t('card.retry')}
      </Button>
    </div>
  );
}
