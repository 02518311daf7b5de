import { RiEyeOffLine } from '@remixicon/react';
import type {
  AccessGap,
  AccessProgress,
} from 'backstage-plugin-eks-pod-identity-common';
import { Sentence } from '../Sentence';
import { relativeTime } from '../when';
import styles from './Access.module.css';
import { useTexts } from '../../hooks/useTexts';

type Clusters = AccessProgress['clusters'];

/** What is missing, once each, with the clusters on which and why. */
function gapsOf(clusters: Clusters) {
  const gaps = new Map<
    AccessGap['what'],
    { costs: string; on: { title: string; sentence: string }[] }
  >();
  for (const { title, gaps: found } of clusters) {
    for (const { what, sentence, costs } of found) {
      const known = gaps.get(what) ?? { costs, on: [] };
      known.on.push({ title, sentence });
      gaps.set(what, known);
    }
  }
  return [...gaps];
}

/** What could not be read, which columns are empty for it, and why. */
export function AccessGaps({ clusters }: { clusters: Clusters }) {
  const { t } = useTexts();
  const gaps = gapsOf(clusters);
  const failed = clusters.filter(({ failure }) => failure);
  const count = gaps.length + failed.length;
  if (count === 0) return null;
  return (
    <section
      className={styles.gaps}
      aria-label={t('accessGaps.title', { count })}
    >
      <h3>
        <RiEyeOffLine size={18} aria-hidden="true" />
        {t('accessGaps.title', { count })}
      </h3>
      <ul>
        {failed.map(({ cluster, title, lookedAt, failure = '' }) => (
          <li key={cluster}>
            {lookedAt
              ? t('accessGaps.failed', {
                  cluster: title,
                  when: relativeTime(lookedAt),
                })
              : t('accessGaps.failedFirst', { cluster: title })}
            <details>
              <summary>{t('accessGaps.whyFailed')}</summary>
              <Sentence>{failure}</Sentence>
            </details>
          </li>
        ))}
        {gaps.map(([what, { costs, on }]) => (
          <li key={what}>
            <Sentence>{costs}</Sentence>
            <details>
              <summary>{t('accessGaps.why', { count: on.length })}</summary>
              <ul>
                {on.map(({ title, sentence }) => (
                  <li key={title}>
                    {t('accessGaps.on', { cluster: title })}
                    <Sentence>{sentence}</Sentence>
                  </li>
                ))}
              </ul>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
