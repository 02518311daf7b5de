import { Alert } from '@backstage/ui';
import type { Problem } from '../../hooks/problems';
import { useTexts } from '../../hooks/useTexts';
import { useProblemTexts } from '../Notice';

/** Why older runs could not be added to the list. */
export function OlderProblem({ problem }: { problem: Problem }) {
  const { t } = useTexts();
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
