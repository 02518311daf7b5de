import { Button, Text } from '@backstage/ui';
import { useTexts } from '../../hooks/useTexts';
import styles from './Fleet.module.css';
import { MOST_SELECTED, type useVerifySelected } from './useVerifySelected';

/** Verifies what is selected, a few at a time; says what came of it. */
export function VerifySelected({
  verification,
}: {
  verification: ReturnType<typeof useVerifySelected>;
}) {
  const { t } = useTexts();
  const { chosen, isStarting, outcome, start } = verification;
  const count = chosen.length;
  const isTooMany = count > MOST_SELECTED;
  const words = [
    isTooMany && t('fleet.selectFewer', { most: String(MOST_SELECTED) }),
    outcome?.started &&
      (outcome.ended > 0
        ? t('fleet.verified', {
            count: outcome.started,
            ended: String(outcome.ended),
          })
        : t('fleet.verifying', { count: outcome.started })),
    outcome?.refused && t('fleet.refused', { count: outcome.refused }),
    ...(outcome?.refusals ?? []),
  ].filter(Boolean);
  return (
    <div className={styles.result}>
      {count > 0 && (
        <Button
          size="small"
          variant="primary"
          isDisabled={isTooMany || isStarting}
          onPress={start}
        >
          {t('fleet.verifySelected', { count })}
        </Button>
      )}
      <Text as="p" role="status" variant="body-small" color="secondary">
        {words.join(' ')}
      </Text>
    </div>
  );
}
