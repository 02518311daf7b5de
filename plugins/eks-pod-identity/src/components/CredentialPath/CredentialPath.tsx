import { Link, Text } from '@backstage/ui';
import { RiExternalLinkLine } from '@remixicon/react';
import type { CredentialHop } from 'backstage-plugin-eks-pod-identity-common';
import { Fragment } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { FixBlock } from '../Fix';
import { Name } from '../Name';
import { Sentence } from '../Sentence';
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
  const known = finding.message === alreadyShown;
  if (known && !finding.fix) return null;
  // The sentence above the path is about the cause
  const isFolded = finding.isCause && finding.fix !== undefined;
  return (
    <li className={styles.finding} data-status={status}>
      {!known && !isFolded && (
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
          folded
          message={known || !isFolded ? undefined : finding.message}
        />
      )}
    </li>
  );
}

/** One thing of a row: what is wrong with it, else its name, else what is known of it. */
function wordsOf({ id, status, name, detail }: CredentialHop) {
  const isNamed = id !== 'association' && name !== undefined;
  const isFault = (status === 'fail' || status === 'warn') && detail !== '';
  if (isNamed && !isFault) return { name };
  // The dash before it says that
  return { detail: status === 'skip' && id === 'permissions' ? '' : detail };
}

/** The fact of a hop, with a link to the resource that it is about. */
function HopDetail({ hop }: { hop: CredentialHop }) {
  const { t } = useTexts();
  const { id, testedAt, consoleUrl } = hop;
  const { name, detail } = wordsOf(hop);
  return (
    <span className={styles.detail}>
      <span
        className={styles.text}
        title={
          testedAt &&
          t('hop.tested', { when: new Date(testedAt).toLocaleString() })
        }
      >
        {name && <Name>{name}</Name>}
        {detail}
      </span>
      {consoleUrl && (
        <Link
          className={styles.console}
          href={consoleUrl}
          target="_blank"
          aria-label={t('hop.openConsole', {
            name: hop.name ?? t(`hop.${id}`),
          })}
        >
          <RiExternalLinkLine size={14} aria-hidden="true" />
        </Link>
      )}
    </span>
  );
}

/** A row for each hop. Behind the first that failed nothing is said, but of the one that explains it all. */
function rowsOf(path: CredentialHop[]): CredentialHop[] {
  const rows = path.filter(({ id }) => id !== 'policies');
  const first = rows.findIndex(({ status }) => status === 'fail');
  return rows.map((row, index) => {
    const isBehind = first >= 0 && index > first && row.status === 'skip';
    return isBehind ? { id: row.id, status: row.status, detail: '' } : row;
  });
}

/**
 * The path of a credential from the pod to AWS, top to bottom; the hop with the cause shows its fix. When the path is at
 * least 560 px wide it runs from left to right, with the fix below.
 */
export function CredentialPath({
  path,
  alreadyShown,
}: {
  path: CredentialHop[];
  /** The sentence above the path, which need not be said twice. */
  alreadyShown?: string;
}) {
  const { t } = useTexts();
  const rows = rowsOf(path);
  const broken = rows.find(hop => hop.finding?.isCause) ?? rows.find(isBroken);
  return (
    <div className={styles.container}>
      <ol className={styles.path} aria-label={t('hop.pathLabel')}>
        {rows.map(hop => (
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
            {hop === broken && hop.finding && (
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
