import { ButtonIcon, VisuallyHidden } from '@backstage/ui';
import { RiCheckLine, RiFileCopyLine } from '@remixicon/react';
import { useState } from 'react';
import styles from './HomePage.module.css';

/** A command to copy. */
export function Command({ text }: { text: string }) {
  const [outcome, setOutcome] = useState<string>();
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setOutcome('Copied'),
      () => setOutcome('Could not copy: select the text instead'),
    );
  return (
    <div className={styles.command}>
      {/* A scrollable region has to be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} aria-label="Command">
        {text}
      </pre>
      <ButtonIcon
        size="small"
        variant="secondary"
        aria-label="Copy the command"
        icon={outcome === 'Copied' ? <RiCheckLine /> : <RiFileCopyLine />}
        onPress={copy}
      />
      <VisuallyHidden role="status">{outcome}</VisuallyHidden>
    </div>
  );
}
