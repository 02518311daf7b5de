import styles from './AccessParts.module.css';
import { useTexts } from '../../hooks/useTexts';

/** Said in place of what could not be read, or is not for this user. */
export function Missing({ withheld = false }: { withheld?: boolean }) {
  const { t } = useTexts();
  return (
    <span
      className={styles.missing}
      title={t(withheld ? 'access.withheld' : 'access.notReadWhy')}
    >
      {t(withheld ? 'access.leftOut' : 'access.notRead')}
    </span>
  );
}
