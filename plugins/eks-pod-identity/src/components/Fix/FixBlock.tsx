import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link, Text } from '@backstage/ui';
import type {
  CheckFix,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import styles from './Fix.module.css';
import { Snippet } from './Snippet';

/** To the documentation of a check, where the portal’s configuration says where it is published. */
export function DocsLink({ url }: { url?: string }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  if (!url || !/^https?:/.test(url)) return null;
  return (
    <Link href={url} target="_blank" variant="body-small">
      {t('fix.docs')}
    </Link>
  );
}

/** Whether a sentence stands in a text already, as it is or as the end of a longer one. */
export const isSaid = (sentence: string, text: string | undefined) =>
  text
    ?.toLocaleLowerCase()
    .includes(sentence.replace(/\.$/, '').toLocaleLowerCase()) ?? false;

/** Why it is so, what to do, and what to copy. */
export function FixBlock({
  fix,
  docsUrl,
  nearby = [],
  said,
}: {
  fix: CheckFix;
  docsUrl?: string;
  /** ServiceAccounts that may be meant instead. */
  nearby?: ServiceAccountRef[];
  /** What is written above it; a cause that stands there is not told twice. */
  said?: string;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <div className={styles.fix}>
      {nearby.length > 0 && (
        <Text as="p" variant="body-small">
          {t('fix.didYouMean', {
            names: nearby
              .map(one => `${one.namespace}/${one.serviceAccount}`)
              .join(', '),
          })}
        </Text>
      )}
      {!isSaid(fix.cause, said) && (
        <Text as="p" variant="body-small" color="secondary">
          {fix.cause}
        </Text>
      )}
      <ol className={styles.actions}>
        {fix.actions.map(action => (
          <li key={action}>
            <Text variant="body-small">{action}</Text>
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
