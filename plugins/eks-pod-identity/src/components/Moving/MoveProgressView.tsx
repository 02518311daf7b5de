import { Alert, Text } from '@backstage/ui';
import type { OperationProgress } from '../../hooks/useOperation';
import { useTexts } from '../../hooks/useTexts';
import styles from './Moving.module.css';

/** What a move does and did, and what came of it. */
export function MoveProgressView({
  progress: { running, lines, problem, warnings, result },
}: {
  progress: OperationProgress;
}) {
  const { t } = useTexts();
  const isBack = result?.kind === 'rollback' && !problem;
  return (
    <>
      {/* Always mounted: screen readers only announce changes inside an existing status */}
      <div role="status" className={styles.progress}>
        {(running || lines.length > 0) && (
          <ol>
            {lines.map((line, index) => (
              <li
                key={`${index} ${line}`}
                data-now={running && index === lines.length - 1}
              >
                {line}
              </li>
            ))}
          </ol>
        )}
        {running && lines.length === 0 && (
          <Text variant="body-small" color="secondary">
            {t('moving.reading')}
          </Text>
        )}
        {result?.kind === 'migrate' && (
          <Text as="p" variant="body-medium" weight="bold">
            {t(`moving.ended_${result.state}`)}
          </Text>
        )}
        {isBack && (
          <Text as="p" variant="body-medium" weight="bold">
            {t('moving.ended_back')}
          </Text>
        )}
      </div>
      {(problem || warnings.length > 0) && (
        <div role="alert" className={styles.problem}>
          <Alert
            status={problem?.kind === 'failed' ? 'danger' : 'warning'}
            icon
            title={
              problem
                ? t(`moving.${problem.kind}`, { message: problem.message })
                : warnings.join(' ')
            }
          />
        </div>
      )}
    </>
  );
}
