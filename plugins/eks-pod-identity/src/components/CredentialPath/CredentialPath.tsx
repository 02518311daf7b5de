import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link, Text } from '@backstage/ui';
import { RiExternalLinkLine } from '@remixicon/react';
import type { CredentialHop } from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import { FixBlock } from '../Fix';
import { CheckIcon } from '../StatusBadge';
import styles from './CredentialPath.module.css';

const isBroken = (hop: CredentialHop) =>
  hop.status === 'fail' || hop.status === 'warn';

/**
 * The way of a credential from the pod to AWS, top to bottom; the first broken hop opens with its fix. From
 * 560 px of its own width it runs left to right.
 */
export function CredentialPath({
  path,
  showFix = true,
}: {
  path: CredentialHop[];
  showFix?: boolean;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const broken = path.find(isBroken);
  return (
    <div className={styles.container}>
      <ol className={styles.path} aria-label={t('hop.pathLabel')}>
        {path.map(hop => (
          <li
            key={hop.id}
            className={styles.hop}
            data-hop={hop.id}
            data-status={hop.status}
          >
            <CheckIcon status={hop.status} />
            <span className={styles.name}>{t(`hop.${hop.id}`)}</span>
            <span className={styles.detail}>
              {hop.detail}
              {hop.consoleUrl && (
                <Link
                  className={styles.console}
                  href={hop.consoleUrl}
                  target="_blank"
                  aria-label={t('hop.openConsole', { name: hop.detail })}
                >
                  <RiExternalLinkLine size={14} aria-hidden="true" />
                </Link>
              )}
            </span>
          </li>
        ))}
      </ol>
      {showFix && broken?.finding && (
        <div className={styles.finding} data-status={broken.status}>
          <Text as="p" variant="body-small" weight="bold">
            {broken.finding.message}
          </Text>
          {broken.finding.fix && (
            <FixBlock
              fix={broken.finding.fix}
              docsUrl={broken.finding.docsUrl}
            />
          )}
        </div>
      )}
    </div>
  );
}
