import { Alert, Button, ButtonLink, Flex, Skeleton, Text } from '@backstage/ui';
import {
  POD_IDENTITY_ANNOTATION,
  type EntityAccess,
  type EntityNodeUse,
} from 'backstage-plugin-eks-pod-identity-common';
import { ReactNode } from 'react';
import { Problem } from '../../hooks/problems';
import { useGiveIdentityHref } from '../../hooks/useLinks';
import { useTexts } from '../../hooks/useTexts';
import { useProblemTexts } from '../Notice';
import { AccessLines } from './AccessLines';
import styles from './IdentityCard.module.css';
import { NodeLines } from './NodeLines';

export function LoadingState() {
  const { t } = useTexts();
  return (
    <div role="status" aria-label={t('card.loading')}>
      <Flex direction="column" gap="3">
        <Skeleton width="40%" height={18} />
        <Skeleton width="90%" height={14} />
        <Skeleton width="100%" height={120} />
      </Flex>
    </div>
  );
}

/** No identity is no reason for a warning: one quiet line, and a link to the template. */
export function NoIdentityState({
  entityRef,
  canCreate,
  access,
  asNode,
}: {
  entityRef: string;
  canCreate: boolean;
  /** How it gets to AWS all the same. */
  access: EntityAccess[];
  /** What of it may use the role of its node. */
  asNode: EntityNodeUse[];
}) {
  const { t } = useTexts();
  const href = useGiveIdentityHref(entityRef);
  return (
    <div className={styles.empty}>
      {access.length > 0 && <AccessLines rows={access} entityRef={entityRef} />}
      {asNode.length > 0 && <NodeLines uses={asNode} />}
      {access.length + asNode.length === 0 && (
        <Text as="p" variant="body-medium" color="secondary">
          {t('empty.none')}
        </Text>
      )}
      {canCreate && href && (
        <ButtonLink size="small" variant="secondary" href={href}>
          {t('empty.give')}
        </ButtonLink>
      )}
    </div>
  );
}

export function AnnotationProblems({ problems }: { problems: string[] }) {
  const { t } = useTexts();
  if (problems.length === 0) return null;
  return (
    <Alert
      status="warning"
      icon
      title={t('problem.annotation', { annotation: POD_IDENTITY_ANNOTATION })}
      description={
        <>
          {problems.map(problem => (
            <Text as="p" variant="body-small" key={problem}>
              {problem}
            </Text>
          ))}
          <Text as="p" variant="body-small">
            {t('problem.annotationFix')}
          </Text>
        </>
      }
    />
  );
}

export function HiddenNote({ count }: { count: number }) {
  const { t } = useTexts();
  if (count === 0) return null;
  return (
    <Text as="p" variant="body-small" color="secondary">
      {t('card.hidden', { count })}
    </Text>
  );
}

/** Stacked: a narrow card has no room for both side by side. */
function WithRetry({
  onRetry,
  children,
}: {
  onRetry: () => void;
  children: ReactNode;
}) {
  const { t } = useTexts();
  return (
    <Flex direction="column" gap="2" align="end">
      <div className={styles.alert}>{children}</div>
      <Button size="small" variant="secondary" onPress={onRetry}>
        {t('card.retry')}
      </Button>
    </Flex>
  );
}

/** The last refresh failed, so what is shown below may be out of date. */
export function PartialNote({
  problem,
  onRetry,
}: {
  problem: Problem;
  onRetry: () => void;
}) {
  const { t } = useTexts();
  const { title } = useProblemTexts()(problem, 'identity');
  const message = problem.kind === 'error' ? problem.message : title;
  return (
    <WithRetry onRetry={onRetry}>
      <Alert status="warning" icon title={t('problem.partial', { message })} />
    </WithRetry>
  );
}

/** Nothing could be loaded at all. */
export function ProblemState({
  problem,
  onRetry,
}: {
  problem: Problem;
  onRetry: () => void;
}) {
  const { title, fix } = useProblemTexts()(problem, 'identity');
  const quiet = problem.kind === 'forbidden' || problem.kind === 'unauthorized';
  if (quiet) {
    return (
      <div className={styles.empty}>
        <Text as="p" variant="body-medium">
          {title}
        </Text>
        <Text as="p" variant="body-small" color="secondary">
          {fix}
        </Text>
      </div>
    );
  }
  if (problem.kind !== 'error') {
    return <Alert status="info" icon title={title} description={fix} />;
  }
  return (
    <WithRetry onRetry={onRetry}>
      <div role="alert">
        <Alert status="danger" icon title={title} description={fix} />
      </div>
    </WithRetry>
  );
}
