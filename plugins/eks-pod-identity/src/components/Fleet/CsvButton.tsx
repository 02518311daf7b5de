import { Button, Text } from '@backstage/ui';
import { RiCheckLine, RiDownloadLine } from '@remixicon/react';
import { useTexts } from '../../hooks/useTexts';
import styles from './Fleet.module.css';
import { useCsvExport, type CsvSource } from './useCsvExport';
import { useSinglePress } from '../../hooks/useSinglePress';

/** Saves every row of the filter as CSV; shows the progress, and why it failed. */
export function CsvButton<Query, Item>({
  filters,
  source,
  isEmpty,
}: {
  filters: Query;
  source: CsvSource<Query, Item>;
  /** True if there is nothing to save. */
  isEmpty: boolean;
}) {
  const { t } = useTexts();
  const { state, start, cancel } = useCsvExport(filters, source);
  const single = useSinglePress();
  const message = {
    idle: () => undefined,
    running: () =>
      state.kind === 'running' && state.total !== undefined
        ? t('csv.progress', {
            rows: state.rows.toLocaleString(),
            total: state.total.toLocaleString(),
          })
        : t('csv.starting'),
    done: () =>
      state.kind === 'done' ? t('csv.done', { count: state.rows }) : undefined,
    failed: () =>
      state.kind === 'failed'
        ? t('csv.failed', { message: state.message })
        : undefined,
  }[state.kind]();
  return (
    <div className={styles.csv}>
      <span
        role={state.kind === 'failed' ? 'alert' : 'status'}
        className={styles.csvState}
      >
        {message && (
          <Text
            variant="body-small"
            color={state.kind === 'failed' ? 'danger' : 'secondary'}
          >
            {message}
          </Text>
        )}
      </span>
      {state.kind === 'running' ? (
        <Button variant="secondary" size="small" onPress={() => single(cancel)}>
          {t('csv.cancel')}
        </Button>
      ) : (
        <Button
          variant="secondary"
          size="small"
          iconStart={
            state.kind === 'done' ? <RiCheckLine /> : <RiDownloadLine />
          }
          isDisabled={isEmpty}
          onPress={() => single(start)}
        >
          {state.kind === 'failed' ? t('card.retry') : t('fleet.download')}
        </Button>
      )}
    </div>
  );
}
