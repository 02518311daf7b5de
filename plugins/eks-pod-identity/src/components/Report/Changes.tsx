import { Text } from '@backstage/ui';
import type { ChangesFound } from 'backstage-plugin-eks-pod-identity-common';
import { useId } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { Sentence } from '../Sentence';
import styles from './Report.module.css';

const inWords = (iso: string) =>
  new Date(iso).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });

/** What became of the identity since it was proven: what differs, then what AWS recorded of who did it. */
export function Changes({
  changes: { since, proven, differs, events, lack },
}: {
  changes: ChangesFound;
}) {
  const { t } = useTexts();
  const id = useId();
  const isKnown = differs.length > 0 || events.length > 0;
  const heading = proven ? 'tab.changedSinceProof' : 'tab.changedSince';
  return (
    <section className={styles.changes} aria-labelledby={id}>
      <h3 id={id} className={styles.causeLabel}>
        {isKnown
          ? t(heading, { when: inWords(since) })
          : t('tab.changesUnknown')}
      </h3>
      {differs.length > 0 && (
        <ul className={styles.changeList}>
          {differs.map((sentence, index) => (
            // eslint-disable-next-line react/no-array-index-key -- two policies may have one name
            <li key={`${sentence} ${index}`}>
              <Sentence>{sentence}</Sentence>
            </li>
          ))}
        </ul>
      )}
      {events.length > 0 && (
        <>
          <Text as="p" variant="body-small" color="secondary">
            {t('tab.changesRecorded')}
          </Text>
          <ol className={styles.changeList}>
            {events.map(({ at, what, by }, index) => (
              // eslint-disable-next-line react/no-array-index-key -- two may be of one second
              <li key={`${at} ${what} ${index}`}>
                <Sentence>{what}</Sentence>
                <Text as="p" variant="body-small" color="secondary">
                  <time dateTime={at}>{inWords(at)}</time>
                  {by && ` · ${t('tab.changedBy', { name: by })}`}
                </Text>
              </li>
            ))}
          </ol>
        </>
      )}
      {lack && (
        <Text as="p" variant="body-small" color="secondary">
          <Sentence>{lack}</Sentence>
        </Text>
      )}
    </section>
  );
}
