import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { podIdentityTranslationRef } from '../../translation';
import styles from './Access.module.css';

/** Said in place of what could not be read. */
export function NotRead() {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <span className={styles.notRead} title={t('access.notReadWhy')}>
      {t('access.notRead')}
    </span>
  );
}
