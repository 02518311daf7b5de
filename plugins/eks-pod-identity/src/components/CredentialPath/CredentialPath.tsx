import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link, Text } from '@backstage/ui';
import { RiExternalLinkLine } from '@remixicon/react';
import {
  repeats,
  type CredentialHop,
} from 'backstage-plugin-eks-pod-identity-common';
import { Fragment } from 'react';
import { podIdentityTranslationRef } from '../../translation';
import { FixBlock } from '../Fix';
import { CheckIcon } from '../StatusBadge';
import styles from './CredentialPath.module.css';

const isBroken = (hop: CredentialHop) =>
  hop.status === 'fail' || hop.status === 'warn';

/** What is wrong with the hop above it, and what to do. */
function BrokenHop({
  status,
  finding,
  alreadyShown,
}: {
  status: CredentialHop['status'];
  finding: NonNullable<CredentialHop['finding']>;
  alreadyShown?: string;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const known = repeats(finding.message, alreadyShown);
  if (known && !finding.fix) return null;
  return (
    <li className={styles.finding} data-status={status}>
      {!known && (
        <Text as="p" variant="body-small" weight="bold">
          {finding.message}
        </Text>
      )}
      {finding.fix && (
        <FixBlock
          fix={finding.fix}
          docsUrl={finding.docsUrl}
          nearby={finding.nearby}
          alreadyShown={`${alreadyShown ?? ''} ${finding.message}`}
        />
      )}
      {finding.waiting ? (
        <Text as="p" variant="body-small" color="secondary">
          {t('fix.waiting', { count: finding.waiting })}
        </Text>
      ) : null}
    </li>
  );
}

/**
 * The path of a credential from the pod to AWS, top to bottom; the hop with the cause shows its fix. When the path is at
 * least 560 px wide it runs from left to right, with the fix below.
 */
export function CredentialPath({
  path,
  showFix = true,
  alreadyShown,
}: {
  path: CredentialHop[];
  showFix?: boolean;
  /** The text above the path, which need not be repeated. */
  alreadyShown?: string;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const broken = path.find(hop => hop.finding?.isCause) ?? path.find(isBroken);
  return (
    <div className={styles.container}>
      <ol className={styles.path} aria-label={t('hop.pathLabel')}>
        {path.map(hop => (
          <Fragment key={hop.id}>
            <li
              className={styles.hop}
              data-hop={hop.id}
              data-status={hop.status}
            >
              <CheckIcon status={hop.status} />
              <span className={styles.name}>{t(`hop.${hop.id}`)}</span>
              <span className={styles.detail}>
                <span className={styles.text}>{hop.detail}</span>
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
            {showFix && hop === broken && hop.finding && (
              <BrokenHop
                status={hop.status}
                finding={hop.finding}
                alreadyShown={alreadyShown}
              />
            )}
          </Fragment>
        ))}
      </ol>
    </div>
  );
}
