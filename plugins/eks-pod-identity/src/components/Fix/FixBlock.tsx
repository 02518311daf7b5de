import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link, Text } from '@backstage/ui';
import type { CheckFix } from 'backstage-plugin-eks-pod-identity-common';
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

/** Why it is so, what to do, and what to copy. */
export function FixBlock({
  fix,
  docsUrl,
}: {
  fix: CheckFix;
  docsUrl?: string;
}) {
  return (
    <div className={styles.fix}>
      <Text as="p" variant="body-small" color="secondary">
        {fix.cause}
      </Text>
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
