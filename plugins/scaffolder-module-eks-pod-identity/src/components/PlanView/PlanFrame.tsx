import { MarkdownContent } from '@backstage/core-components';
import { Button } from '@backstage/ui';
import { RiAlertLine } from '@remixicon/react';
import { PropsWithChildren } from 'react';
import { useTexts } from '../../hooks/useTexts';
import styles from './PlanView.module.css';

export interface PlanFrameProps {
  id: string;
  title: string;
  description?: string;
  /** Why no plan was requested yet. */
  state?: string;
  loading: boolean;
  /** Why there is no plan. */
  problem?: string;
  /** Requests the plan again; absent while there is nothing to request. */
  onRetry?: () => void;
}

/** The frame of a preview: title, progress, problems and a button; its children show the plan. */
export function PlanFrame(props: PropsWithChildren<PlanFrameProps>) {
  const { id, title, description, state, loading, problem, onRetry } = props;
  const { t } = useTexts();
  return (
    <section
      className={styles.frame}
      aria-labelledby={`${id}-title`}
      aria-busy={loading}
    >
      <div className={styles.head}>
        <div>
          <p id={`${id}-title`} className={styles.title}>
            {title}
          </p>
          {description && (
            <MarkdownContent
              content={description}
              linkTarget="_blank"
              className={styles.description}
            />
          )}
        </div>
        {onRetry && (
          <Button
            size="small"
            variant="secondary"
            isDisabled={loading}
            onPress={onRetry}
          >
            {t('plan.again')}
          </Button>
        )}
      </div>
      <div role="status">
        {state && <p className={styles.quiet}>{state}</p>}
        {loading && <p className={styles.quiet}>{t('plan.loading')}</p>}
        {problem && (
          <p className={styles.problem}>
            <RiAlertLine size={18} aria-hidden="true" />
            <span>{t('plan.failed', { reason: problem })}</span>
          </p>
        )}
      </div>
      {!loading && props.children}
    </section>
  );
}
