import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert } from '@backstage/ui';
import type { Problem } from '../../hooks/problems';
import { podIdentityTranslationRef } from '../../translation';

/** Why the list of past runs did not grow. */
export function OlderProblem({ problem }: { problem: Problem }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const reasons: Record<Exclude<Problem['kind'], 'error'>, string> = {
    forbidden: t('problem.forbidden'),
    unauthorized: t('problem.unauthorized'),
    'missing-backend': t('problem.missingBackend'),
    'unknown-entity': t('problem.unknownEntity'),
  };
  return (
    <div role="alert">
      <Alert
        status="danger"
        icon
        title={t('tab.olderUnreachable')}
        description={
          problem.kind === 'error' ? problem.message : reasons[problem.kind]
        }
      />
    </div>
  );
}
