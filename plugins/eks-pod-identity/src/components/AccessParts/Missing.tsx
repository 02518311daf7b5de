import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { podIdentityTranslationRef } from '../../translation';
import styles from './AccessParts.module.css';

/** Said in place of what could not be read, or is not for this user. */
export function Missing({ withheld = false }: { withheld?: boolean }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <span
      className={styles.missing}
      title={t(withheld ? 'access.withheld' : 'access.notReadWhy')}
    >
      {t(withheld ? 'access.leftOut' : 'access.notRead')}
    </span>
  );
}
