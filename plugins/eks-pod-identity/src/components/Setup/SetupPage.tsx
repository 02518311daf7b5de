import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Container, Skeleton, Text } from '@backstage/ui';
import { RiArrowLeftLine } from '@remixicon/react';
import { podIdentityApiRef } from '../../api';
import { useRequest } from '../../hooks/useRequest';
import { useTexts } from '../../hooks/useTexts';
import { ProblemNotice } from '../Notice';
import readable from '../readable.module.css';
import { ClusterSection } from './ClusterSection';
import styles from './Setup.module.css';
import { SetupItem } from './SetupItem';

/** What the portal itself and its roles on each cluster lack, with what to apply; for administrators. */
export function SetupPage({ onBack }: { onBack: () => void }) {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const { value, problem, reload } = useRequest('setup', signal =>
    api.getSetup({ signal }),
  );
  return (
    <Container>
      <div className={`${styles.page} ${readable.readable}`}>
        <div>
          <Button
            size="small"
            variant="tertiary"
            iconStart={<RiArrowLeftLine />}
            onPress={onBack}
          >
            {t('setup.back')}
          </Button>
        </div>
        <Text as="h2" variant="title-small" weight="bold">
          {t('setup.title')}
        </Text>
        <Text as="p" color="secondary">
          {t('setup.how')}
        </Text>
        {problem && (
          <ProblemNotice problem={problem} what="setup" onRetry={reload} />
        )}
        {!problem && !value && (
          <div
            role="status"
            aria-label={t('setup.loading')}
            className={styles.page}
          >
            {Array.from({ length: 3 }, (_, index) => (
              <Skeleton key={index} width="100%" height={120} />
            ))}
          </div>
        )}
        {value && (
          <>
            <section className={styles.section} aria-label={t('setup.portal')}>
              <h3 className={styles.title}>{t('setup.portal')}</h3>
              <ul className={styles.items}>
                {value.portal.map(finding => (
                  <SetupItem
                    key={finding.id}
                    label={t(`setupPortal.${finding.id}`)}
                    item={finding}
                  />
                ))}
              </ul>
            </section>
            {value.clusters.map(cluster => (
              <ClusterSection key={cluster.cluster} loaded={cluster} />
            ))}
          </>
        )}
      </div>
    </Container>
  );
}
