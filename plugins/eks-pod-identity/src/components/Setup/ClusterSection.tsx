import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Text } from '@backstage/ui';
import type {
  ClusterSetup,
  SetupAnswer,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { sentenceOf } from '../../hooks/problems';
import { useTexts } from '../../hooks/useTexts';
import { relativeTime } from '../when';
import styles from './Setup.module.css';
import { SetupItem } from './SetupItem';

const ROLES = ['read', 'verify', 'write'] as const;
/** Gaps first. */
const ORDER: Record<SetupAnswer['status'], number> = {
  fail: 0,
  unknown: 1,
  pass: 2,
};

/** Has everything tried again; the answer takes the place of what was loaded. */
function useLookAgain(loaded: ClusterSetup) {
  const api = useApi(podIdentityApiRef);
  const [state, setState] = useState<{
    setup: ClusterSetup;
    isLooking: boolean;
    refusal?: string;
  }>({ setup: loaded, isLooking: false });
  const lookAgain = async () => {
    setState(before => ({ ...before, isLooking: true, refusal: undefined }));
    try {
      const setup = await api.refreshClusterSetup(loaded.cluster);
      setState({ setup, isLooking: false });
    } catch (error) {
      const refusal = sentenceOf(error);
      setState(before => ({ ...before, isLooking: false, refusal }));
    }
  };
  return { ...state, lookAgain };
}

/** What each role of the portal lacks on a cluster. */
export function ClusterSection({ loaded }: { loaded: ClusterSetup }) {
  const { t } = useTexts();
  const { setup, isLooking, refusal, lookAgain } = useLookAgain(loaded);
  const { answers, lookedAt, title } = setup;
  const gaps = answers.filter(({ status }) => status === 'fail').length;
  return (
    <section className={styles.section} aria-label={title}>
      <div className={styles.head}>
        <div>
          <h3 className={styles.title}>{title}</h3>
          <Text as="p" role="status" variant="body-small" color="secondary">
            {lookedAt
              ? [
                  t('setup.gaps', { count: gaps }),
                  t('setup.lookedAt', { when: relativeTime(lookedAt) }),
                ].join(' · ')
              : t('setup.neverLooked')}
          </Text>
        </div>
        <Button
          size="small"
          variant="secondary"
          isDisabled={isLooking}
          aria-label={t('setup.lookAgainAt', { cluster: title })}
          onPress={lookAgain}
        >
          {isLooking ? t('setup.looking') : t('setup.lookAgain')}
        </Button>
      </div>
      {refusal && (
        <Text role="alert" as="p" variant="body-small" color="danger">
          {refusal}
        </Text>
      )}
      {ROLES.map(role => {
        const ofRole = answers
          .filter(answer => answer.role === role)
          .sort((a, b) => ORDER[a.status] - ORDER[b.status]);
        return (
          ofRole.length > 0 && (
            <div key={role} className={styles.role}>
              <h4 className={styles.roleTitle}>{t(`setupRole.${role}`)}</h4>
              <ul className={styles.items}>
                {ofRole.map(answer => (
                  <SetupItem
                    key={answer.subject}
                    label={t(`setupSubject.${answer.subject}`)}
                    item={answer}
                  />
                ))}
              </ul>
            </div>
          )
        );
      })}
    </section>
  );
}
