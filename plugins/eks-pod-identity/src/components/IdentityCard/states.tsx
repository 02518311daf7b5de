import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, ButtonLink, Flex, Skeleton, Text } from '@backstage/ui';
import { POD_IDENTITY_ANNOTATION } from 'backstage-plugin-eks-pod-identity-common';
import { ReactNode } from 'react';
import { Problem } from '../../hooks/problems';
import { useTemplateHref } from '../../hooks/useLinks';
import { podIdentityTranslationRef } from '../../translation';
import styles from './IdentityCard.module.css';

function useProblemTexts(problem: Problem): { title: string; fix?: string } {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  switch (problem.kind) {
    case 'forbidden':
      return { title: t('problem.forbidden'), fix: t('problem.forbiddenFix') };
    case 'unauthorized':
      return {
        title: t('problem.unauthorized'),
        fix: t('problem.unauthorizedFix'),
      };
    case 'missing-backend':
      return {
        title: t('problem.missingBackend'),
        fix: t('problem.missingBackendFix'),
      };
    case 'unknown-entity':
      return { title: t('problem.unknownEntity') };
    default:
      return { title: t('problem.unreachable'), fix: problem.message };
  }
}

export function LoadingState() {
  const { t } = useTranslationRef(podIdentityTranslationRef);
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

/** An absence is nothing to warn about: one quiet line and a way in. */
export function NoIdentityState({
  entityRef,
  canCreate,
}: {
  entityRef: string;
  canCreate: boolean;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const href = useTemplateHref('give-a-component-an-aws-identity', {
    entityRef,
  });
  return (
    <div className={styles.empty}>
      <Text as="p" variant="body-medium" color="secondary">
        {t('empty.none')}
      </Text>
      {canCreate && href && (
        <ButtonLink
          size="small"
          variant="tertiary"
          className={styles.give}
          href={href}
        >
          {t('empty.give')}
        </ButtonLink>
      )}
    </div>
  );
}

export function AnnotationProblems({ problems }: { problems: string[] }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
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
  const { t } = useTranslationRef(podIdentityTranslationRef);
  if (count === 0) return null;
  return (
    <Text as="p" variant="body-small" color="secondary">
      {t('card.hidden', { count })}
    </Text>
  );
}

/** The button stands below: beside the text it leaves that no room in a narrow card. */
function WithRetry({
  onRetry,
  children,
}: {
  onRetry: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <Flex direction="column" gap="2" align="end">
      <div className={styles.alert}>{children}</div>
      <Button size="small" variant="secondary" onPress={onRetry}>
        {t('card.retry')}
      </Button>
    </Flex>
  );
}

/** The last refresh failed; what is shown below may be old. */
export function PartialNote({
  problem,
  onRetry,
}: {
  problem: Problem;
  onRetry: () => void;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { title } = useProblemTexts(problem);
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
  const { title, fix } = useProblemTexts(problem);
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
