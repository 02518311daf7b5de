import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonIcon } from '@backstage/ui';
import { RiCheckLine, RiFileCopyLine } from '@remixicon/react';
import { useEffect, useState } from 'react';
import { podIdentityTranslationRef } from '../../translation';
import styles from './Fix.module.css';

/** Text to copy, word for word. */
export function Snippet({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <div className={styles.snippet}>
      {/* A scrollable region has to be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <ButtonIcon
        className={styles.copy}
        size="small"
        variant="secondary"
        aria-label={copied ? t('card.copied') : t('fix.copySnippet')}
        icon={copied ? <RiCheckLine /> : <RiFileCopyLine />}
        onPress={() =>
          navigator.clipboard.writeText(text).then(() => setCopied(true))
        }
      />
    </div>
  );
}
