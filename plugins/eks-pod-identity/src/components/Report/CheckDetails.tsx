import { Link } from '@backstage/ui';
import { RiExternalLinkLine } from '@remixicon/react';
import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { DocsLink, FixBlock } from '../Fix';
import styles from './Report.module.css';

/** The expected and the observed value, as far as the message does not say them. */
function Evidence({ check }: { check: CheckResult }) {
  const { t } = useTexts();
  const unsaid = (value: string | undefined) =>
    value && !check.message.includes(value) ? value : undefined;
  const expected = unsaid(check.expected);
  const observed = unsaid(check.observed);
  if (!expected && !observed) return null;
  return (
    <dl className={styles.evidence}>
      {expected && (
        <div>
          <dt>{t('tab.expected')}</dt>
          <dd>{expected}</dd>
        </div>
      )}
      {observed && (
        <div>
          <dt>{t('tab.observed')}</dt>
          <dd>{observed}</dd>
        </div>
      )}
    </dl>
  );
}

/** Links to the documentation of a check, unless its fix has that link, and to the resource it inspected. */
function CheckLinks({ check }: { check: CheckResult }) {
  const { t } = useTexts();
  const { resource } = check;
  return (
    <div className={styles.links}>
      {!check.fix && <DocsLink url={check.docsUrl} />}
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

/** Everything about a check below its message: evidence, fix and links. */
export function CheckDetails({ check }: { check: CheckResult }) {
  return (
    <>
      <Evidence check={check} />
      {check.fix && (
        <FixBlock
          fix={check.fix}
          docsUrl={check.docsUrl}
          nearby={check.nearby}
          restart={check.restart}
        />
      )}
      <CheckLinks check={check} />
    </>
  );
}
