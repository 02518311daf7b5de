import { Text } from '@backstage/ui';
import type {
  PortalFinding,
  SetupAnswer,
} from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { CopyButton } from '../Copy';
import { Sentence } from '../Sentence';
import { DocsLink, FixBlock } from '../Fix';
import { CheckIcon } from '../StatusBadge';
import styles from './Setup.module.css';

function Artefact({ file, section }: NonNullable<SetupAnswer['artefact']>) {
  const { t } = useTexts();
  return (
    <p className={styles.artefact}>
      {file && (
        <>
          <span>{t('setup.file')}</span> <code>{file}</code>
          <CopyButton text={file} label={t('setup.copyFile', { file })} />
        </>
      )}
      <span>{t('setup.section')}</span> <Sentence>{section}</Sentence>
    </p>
  );
}

/** One thing that the setup has, lacks, or could not be asked about; with what to apply. */
export function SetupItem({
  label,
  item,
}: {
  label: string;
  item: PortalFinding | SetupAnswer;
}) {
  const { t } = useTexts();
  const { fix, message, status } = item;
  const artefact = 'artefact' in item ? item.artefact : undefined;
  const url = 'url' in item ? item.url : undefined;
  return (
    <li className={styles.item} data-status={status}>
      <CheckIcon status={status} />
      <div className={styles.said}>
        <Text as="p" weight="bold" className={styles.label}>
          {label}
        </Text>
        <Text as="p" className={styles.message}>
          <Sentence>{message}</Sentence>
        </Text>
        <DocsLink url={url} label={t('setup.openPage')} />
        {fix && <FixBlock fix={fix} />}
        {artefact && <Artefact {...artefact} />}
      </div>
    </li>
  );
}
