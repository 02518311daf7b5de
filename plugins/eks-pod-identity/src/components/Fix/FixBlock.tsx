import { Link, Text } from '@backstage/ui';
import {
  type CheckFix,
  type OutdatedWorkload,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { Sentence } from '../Sentence';
import styles from './Fix.module.css';
import { useFixOffers } from './FixOffers';
import { Snippet } from './Snippet';

/** Link to the documentation of a check; absent unless app-config says where the documentation is published. */
export function DocsLink({ url, label }: { url?: string; label?: string }) {
  const { t } = useTexts();
  if (!url || !/^https?:/.test(url)) return null;
  return (
    <Link href={url} target="_blank" variant="body-small">
      {label ?? t('fix.docs')}
    </Link>
  );
}

function Cause({ of: { cause } }: { of: CheckFix }) {
  return (
    <Text as="p" variant="body-small" color="secondary">
      <Sentence>{cause}</Sentence>
    </Text>
  );
}

/** What to do, and a snippet to copy. */
function ByHand({ fix, docsUrl }: { fix: CheckFix; docsUrl?: string }) {
  return (
    <>
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
    </>
  );
}

/** What can be done about a finding: by the portal at a click, and by hand. */
export function FixBlock({
  fix,
  docsUrl,
  nearby = [],
  restart,
  folded = false,
  message,
}: {
  fix: CheckFix;
  docsUrl?: string;
  /** Service accounts with similar names that may be meant instead. */
  nearby?: ServiceAccountRef[];
  /** Running pods that a restart would fix. */
  restart?: OutdatedWorkload[];
  /** Where there is little room: all but the buttons is in a fold. */
  folded?: boolean;
  /** What was found, to be said in the fold. */
  message?: string;
}) {
  const { t } = useTexts();
  const offers = useFixOffers(fix, restart);
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
      {!folded && <Cause of={fix} />}
      {offers.element}
      {folded || offers.isOffered ? (
        <details className={styles.byHand}>
          <summary>{t(offers.isOffered ? 'fix.byHand' : 'fix.how')}</summary>
          <div className={styles.fix}>
            {message && (
              <Text as="p" variant="body-small" weight="bold">
                <Sentence>{message}</Sentence>
              </Text>
            )}
            {folded && <Cause of={fix} />}
            <ByHand fix={fix} docsUrl={docsUrl} />
          </div>
        </details>
      ) : (
        <ByHand fix={fix} docsUrl={docsUrl} />
      )}
    </div>
  );
}
