import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Container, Skeleton } from '@backstage/ui';
import { useLayoutEffect, useRef } from 'react';
import { useLocation } from 'react-router-dom';
import { podIdentityApiRef } from '../../api';
import { useRequest } from '../../hooks/useRequest';
import { podIdentityTranslationRef } from '../../translation';
import { ProblemNotice } from '../Notice';
import readable from '../readable.module.css';
import styles from './Checks.module.css';
import { ChecksText } from './ChecksText';

/** What each check asks, means and how to fix it; findings link to its headings. @public */
export function ChecksPage() {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const api = useApi(podIdentityApiRef);
  const { value, problem, reload } = useRequest('checks', signal =>
    api.getChecksPage({ signal }),
  );
  const { hash } = useLocation();
  const page = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const id = hash.slice(1).replace(/[^\w-]/g, '');
    const section =
      id && page.current?.querySelector<HTMLElement>(`[id="${id}"]`);
    if (!section) return;
    // The browser looked for it before the text was there
    section.focus({ preventScroll: true });
    // No such method in tests
    section.scrollIntoView?.();
  }, [hash, value]);

  return (
    <Container>
      <div ref={page} className={`${styles.page} ${readable.readable}`}>
        {problem && (
          <ProblemNotice problem={problem} what="checks" onRetry={reload} />
        )}
        {!problem && value === undefined && (
          <div
            role="status"
            aria-label={t('checks.loading')}
            className={styles.skeleton}
          >
            {Array.from({ length: 4 }, (_, index) => (
              <Skeleton key={index} width="100%" height={96} />
            ))}
          </div>
        )}
        {value !== undefined && <ChecksText markdown={value} />}
      </div>
    </Container>
  );
}
