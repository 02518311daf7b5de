import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link, Text } from '@backstage/ui';
import {
  type CheckFix,
  type OutdatedWorkload,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import { Sentence } from '../Sentence';
import styles from './Fix.module.css';
import { FixOffers } from './FixOffers';
import { Snippet } from './Snippet';

/** Link to the documentation of a check; absent unless app-config says where the documentation is published. */
export function DocsLink({ url }: { url?: string }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  if (!url || !/^https?:/.test(url)) return null;
  return (
    <Link href={url} target="_blank" variant="body-small">
      {t('fix.docs')}
    </Link>
  );
}

/** The cause, what to do, and a snippet to copy. */
export function FixBlock({
  fix,
  docsUrl,
  nearby = [],
  restart,
}: {
  fix: CheckFix;
  docsUrl?: string;
  /** Service accounts with similar names that may be meant instead. */
  nearby?: ServiceAccountRef[];
  /** Running pods that a restart would fix. */
  restart?: OutdatedWorkload[];
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <div className={styles.fix}>
      {nearby.length > 0 && (
        <Text as="p" variant="body-small">
          {t('fix.didYouMean', {
            // With their clusters: the same name may be on another one.
            names: nearby.map(stringifyServiceAccountRef).join(', '),
          })}
        </Text>
      )}
      <Text as="p" variant="body-small" color="secondary">
        <Sentence>{fix.cause}</Sentence>
      </Text>
      <FixOffers fix={fix} restart={restart} />
      <ol className={styles.actions}>
        {fix.actions.map(action => (
          <li key={action}>
            <Text variant="body-small">
              <Sentence>{action}</Sentence>
            </Text>
          </li>
        ))}
      </ol>
      {fix.snippet && (
        <Snippet text={fix.snippet.text} label={fix.snippet.language} />
      )}
      <DocsLink url={docsUrl} />
    </div>
  );
}
