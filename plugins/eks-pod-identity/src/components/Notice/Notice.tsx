import { Text } from '@backstage/ui';
import type { ReactElement, ReactNode } from 'react';
import styles from './Notice.module.css';

export type NoticeTone = 'neutral' | 'info' | 'danger';

/** Takes the place of content that is missing: says why it is, and what to do next. */
export function Notice({
  icon,
  title,
  description,
  action,
  tone = 'neutral',
}: {
  icon: ReactElement;
  title: string;
  description?: ReactNode;
  action?: ReactNode;
  tone?: NoticeTone;
}) {
  return (
    <div
      className={styles.notice}
      data-tone={tone}
      role={tone === 'danger' ? 'alert' : undefined}
    >
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      <Text as="p" variant="body-large" weight="bold">
        {title}
      </Text>
      {description && (
        <Text as="p" variant="body-medium" color="secondary">
          {description}
        </Text>
      )}
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}
