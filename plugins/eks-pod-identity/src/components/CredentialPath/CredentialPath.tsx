import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link, Text } from '@backstage/ui';
import { RiExternalLinkLine } from '@remixicon/react';
import type { CredentialHop } from 'backstage-plugin-eks-pod-identity-common';
import { Fragment } from 'react';
import { podIdentityTranslationRef } from '../../translation';
import { Sentence } from '../Sentence';
import { FixBlock } from '../Fix';
import { CheckIcon } from '../StatusBadge';
import { relativeTime } from '../when';
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
  const known = finding.message === alreadyShown;
  if (known && !finding.fix) return null;
  return (
    <li className={styles.finding} data-status={status}>
      {!known && (
        <Text as="p" variant="body-small" weight="bold">
          <Sentence>{finding.message}</Sentence>
        </Text>
      )}
      {finding.fix && (
        <FixBlock
          fix={finding.fix}
          docsUrl={finding.docsUrl}
          nearby={finding.nearby}
          restart={finding.restart}
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

/** A long name keeps its end, which tells it from its neighbours. */
function Name({ children: name }: { children: string }) {
  const end = Math.max(name.length - 8, Math.ceil(name.length / 2));
  return (
    <span className={styles.resource} title={name}>
      <span className={styles.start}>{name.slice(0, end)}</span>
      <span>{name.slice(end)}</span>
    </span>
  );
}

/** The fact of a hop, with the resource that it is about. */
function HopDetail({ hop }: { hop: CredentialHop }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { name, detail, testedAt, consoleUrl } = hop;
  return (
    <span className={styles.detail}>
      <span className={styles.text}>
        {name && <Name>{name}</Name>}
        {detail && <span>{detail}</span>}
        {testedAt && (
          <span title={new Date(testedAt).toLocaleString()}>
            {t('hop.tested', { when: relativeTime(testedAt) })}
          </span>
        )}
      </span>
      {consoleUrl && (
        <Link
          className={styles.console}
          href={consoleUrl}
          target="_blank"
          aria-label={t('hop.openConsole', { name: name ?? detail })}
        >
          <RiExternalLinkLine size={14} aria-hidden="true" />
        </Link>
      )}
    </span>
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
  /** The sentence above the path, which need not be said twice. */
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
              <HopDetail hop={hop} />
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
