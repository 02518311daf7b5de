import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert } from '@backstage/ui';
import type { Problem } from '../../hooks/problems';
import { podIdentityTranslationRef } from '../../translation';
import { useProblemTexts } from '../Notice';

/** Why older runs could not be added to the list. */
export function OlderProblem({ problem }: { problem: Problem }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { title, fix } = useProblemTexts()(problem, 'reports');
  return (
    <div role="alert">
      <Alert
        status="danger"
        icon
        title={t('tab.olderUnreachable')}
        description={problem.kind === 'error' ? fix : title}
      />
    </div>
  );
}
