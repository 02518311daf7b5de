import { useApi } from '@backstage/frontend-plugin-api';
import { Container, Skeleton } from '@backstage/ui';
import type { PodIdentityApi } from 'backstage-plugin-eks-pod-identity-common';
import { useLayoutEffect, useRef } from 'react';
import { useLocation } from 'react-router-dom';
import { podIdentityApiRef } from '../../api';
import { useRequest } from '../../hooks/useRequest';
import { useTexts } from '../../hooks/useTexts';
import { ProblemNotice } from '../Notice';
import readable from '../readable.module.css';
import styles from './Docs.module.css';
import { DocsContents } from './DocsContents';
import { DocsText } from './DocsText';

type PageName = 'checks' | 'permissions';

const LOAD: Record<
  PageName,
  (api: PodIdentityApi, signal: AbortSignal) => Promise<string>
> = {
  checks: (api, signal) => api.getChecksPage({ signal }),
  permissions: (api, signal) => api.getPermissionsPage({ signal }),
};

/** What each check asks, means and how to fix it; findings link to its headings. @public */
export const ChecksPage = () => <DocsPage name="checks" />;

/** The rights that the portal needs; what it lacks links to its headings. @public */
export const PermissionsPage = () => <DocsPage name="permissions" />;

const LOADING = {
  checks: 'checks.loading',
  permissions: 'permissions.loading',
} as const;

function DocsPage({ name }: { name: PageName }) {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const { value, problem, reload } = useRequest(name, signal =>
    LOAD[name](api, signal),
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
          <ProblemNotice problem={problem} what={name} onRetry={reload} />
        )}
        {!problem && value === undefined && (
          <div
            role="status"
            aria-label={t(LOADING[name])}
            className={styles.skeleton}
          >
            {Array.from({ length: 4 }, (_, index) => (
              <Skeleton key={index} width="100%" height={96} />
            ))}
          </div>
        )}
        {value !== undefined && (
          <>
            <DocsContents markdown={value} />
            <DocsText markdown={value} />
          </>
        )}
      </div>
    </Container>
  );
}
