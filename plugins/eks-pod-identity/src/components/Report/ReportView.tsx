import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Link, Switch, Text } from '@backstage/ui';
import {
  CATEGORY_ORDER,
  firstBrokenHop,
  type CheckResult,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { podIdentityTranslationRef } from '../../translation';
import { DocsLink, FixBlock } from '../Fix';
import { CheckIcon } from '../StatusBadge';
import styles from './Report.module.css';

function CheckRow({ check, open }: { check: CheckResult; open: boolean }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <details className={styles.check} open={open}>
      <summary className={styles.summary}>
        <CheckIcon status={check.status} />
        <span className={styles.title}>{check.title}</span>
        <span className={styles.message}>{check.message}</span>
      </summary>
      <div className={styles.body}>
        {(check.expected || check.observed) && (
          <dl className={styles.evidence}>
            {check.expected && (
              <>
                <dt>{t('tab.expected')}</dt>
                <dd>{check.expected}</dd>
              </>
            )}
            {check.observed && (
              <>
                <dt>{t('tab.observed')}</dt>
                <dd>{check.observed}</dd>
              </>
            )}
          </dl>
        )}
        {check.fix ? (
          <FixBlock fix={check.fix} docsUrl={check.docsUrl} />
        ) : (
          <DocsLink url={check.docsUrl} />
        )}
        <Flex gap="3">
          <Text variant="body-x-small" color="secondary">
            {check.id} ·{' '}
            {t('tab.duration', { ms: String(Math.round(check.durationMs)) })}
          </Text>
          {check.resource?.consoleUrl && (
            <Link
              href={check.resource.consoleUrl}
              target="_blank"
              variant="body-x-small"
            >
              {t('tab.console')}
            </Link>
          )}
        </Flex>
      </div>
    </details>
  );
}

/** The whole report, the root cause first, then by category. */
export function ReportView({ report }: { report: VerificationReport }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [showAll, setShowAll] = useState(report.status === 'verified');
  const cause = firstBrokenHop(report);
  const quiet = report.checks.filter(
    check => check.status === 'pass' || check.status === 'skip',
  ).length;
  return (
    <Flex direction="column" gap="4">
      {cause && (
        <section className={styles.cause} data-status={cause.status}>
          <Text as="h3" variant="body-small" color="secondary">
            {t('tab.rootCause')}
          </Text>
          <Text as="p" variant="body-large" weight="bold">
            {cause.message}
          </Text>
          {cause.fix && <FixBlock fix={cause.fix} docsUrl={cause.docsUrl} />}
        </section>
      )}
      {quiet > 0 && (
        <Switch
          label={`${t('tab.showPassed')} (${quiet})`}
          isSelected={showAll}
          onChange={setShowAll}
        />
      )}
      {CATEGORY_ORDER.map(category => {
        const checks = report.checks
          .filter(check => check.category === category)
          .filter(
            check =>
              showAll || (check.status !== 'pass' && check.status !== 'skip'),
          );
        if (checks.length === 0) return null;
        return (
          <section key={category}>
            <Text as="h3" variant="title-x-small" weight="bold">
              {t(`category.${category}`)}
            </Text>
            <div className={styles.list}>
              {checks.map(check => (
                <CheckRow
                  key={check.id}
                  check={check}
                  open={check.status === 'fail' && check !== cause}
                />
              ))}
            </div>
          </section>
        );
      })}
    </Flex>
  );
}

/** The report as JSON, to copy. */
export function RawReport({ report }: { report: VerificationReport }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [copied, setCopied] = useState(false);
  return (
    <Button
      size="small"
      variant="tertiary"
      onPress={() =>
        navigator.clipboard
          .writeText(JSON.stringify(report, null, 2))
          .then(() => setCopied(true))
      }
    >
      {copied ? t('card.copied') : t('tab.copyJson')}
    </Button>
  );
}
