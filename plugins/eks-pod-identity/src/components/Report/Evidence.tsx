import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import { RiExternalLinkLine } from '@remixicon/react';
import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import { DocsLink } from '../Fix';
import styles from './Report.module.css';

/** What should be there, and what is. */
export function Evidence({
  check,
}: {
  check: Pick<CheckResult, 'expected' | 'observed'>;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  if (!check.expected && !check.observed) return null;
  return (
    <dl className={styles.evidence}>
      {check.expected && (
        <div>
          <dt>{t('tab.expected')}</dt>
          <dd>{check.expected}</dd>
        </div>
      )}
      {check.observed && (
        <div>
          <dt>{t('tab.observed')}</dt>
          <dd>{check.observed}</dd>
        </div>
      )}
    </dl>
  );
}

/** To the documentation of a check, and to what it looked at. */
export function CheckLinks({
  check,
  withDocs,
}: {
  check: CheckResult;
  /** False where the fix brings the link to the documentation. */
  withDocs: boolean;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { resource } = check;
  return (
    <div className={styles.links}>
      {withDocs && <DocsLink url={check.docsUrl} />}
      {resource?.consoleUrl && (
        <Link
          href={resource.consoleUrl}
          target="_blank"
          variant="body-small"
          className={styles.console}
        >
          {t('tab.openInConsole', { kind: resource.kind, name: resource.name })}
          <RiExternalLinkLine size={14} aria-hidden="true" />
        </Link>
      )}
    </div>
  );
}
