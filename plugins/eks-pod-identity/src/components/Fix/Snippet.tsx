import { useTexts } from '../../hooks/useTexts';
import { CopyButton } from '../Copy';
import styles from './Fix.module.css';

/** A text to copy exactly as it is. */
export function Snippet({ text, label }: { text: string; label?: string }) {
  const { t } = useTexts();
  return (
    <div className={styles.snippet}>
      {/* A scrollable region has to be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} aria-label={label} data-language={label}>
        {text}
      </pre>
      <CopyButton
        className={styles.copy}
        text={text}
        label={t('fix.copySnippet')}
      />
    </div>
  );
}
