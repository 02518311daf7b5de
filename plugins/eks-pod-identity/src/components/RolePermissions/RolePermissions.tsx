import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Skeleton, Text } from '@backstage/ui';
import { RiCheckLine, RiForbid2Line } from '@remixicon/react';
import {
  stringifyServiceAccountRef,
  type PolicyInWords,
  type PolicyLine,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { podIdentityApiRef } from '../../api';
import type { Problem } from '../../hooks/problems';
import { useRequest } from '../../hooks/useRequest';
import { useTexts } from '../../hooks/useTexts';
import { Snippet } from '../Fix/Snippet';
import { useProblemTexts } from '../Notice';
import styles from './RolePermissions.module.css';

function Line({ line: { effect, text, conditions } }: { line: PolicyLine }) {
  const { t } = useTexts();
  return (
    <li className={styles.line} data-effect={effect}>
      <span className={styles.icon} aria-hidden="true">
        {effect === 'allow' ? (
          <RiCheckLine size={16} />
        ) : (
          <RiForbid2Line size={16} />
        )}
      </span>
      <span>
        {effect === 'deny' && (
          <Text weight="bold">{t('permissionsOfRole.deny')} </Text>
        )}
        {text}
        {conditions.length > 0 && (
          <Text as="p" variant="body-small" color="secondary">
            {t(
              effect === 'deny'
                ? 'permissionsOfRole.denyIf'
                : 'permissionsOfRole.onlyIf',
              {
                conditions: conditions.join(t('permissionsOfRole.and')),
              },
            )}
          </Text>
        )}
      </span>
    </li>
  );
}

function Policy({
  policy: { name, arn, lines, document, unread },
}: {
  policy: PolicyInWords;
}) {
  const { t } = useTexts();
  return (
    <section className={styles.policy}>
      <Text as="h3" variant="body-medium" weight="bold" title={arn}>
        {name}{' '}
        <Text variant="body-small" color="secondary">
          {t(arn ? 'permissionsOfRole.managed' : 'permissionsOfRole.inline')}
        </Text>
      </Text>
      {unread && (
        <Text as="p" variant="body-small" color="secondary">
          {t('permissionsOfRole.unread', { reason: unread })}
        </Text>
      )}
      {lines && (
        <ul className={styles.lines}>
          {lines.map((line, index) => (
            // Two statements can say the same
            // eslint-disable-next-line react/no-array-index-key
            <Line key={index} line={line} />
          ))}
        </ul>
      )}
      {document !== undefined && (
        <details className={styles.written}>
          <summary>{t('permissionsOfRole.written')}</summary>
          <Snippet
            text={JSON.stringify(document, null, 2)}
            label={t('permissionsOfRole.written')}
          />
        </details>
      )}
    </section>
  );
}

/** What the policies of the role say, which is read from AWS when it is opened. */
export function RolePermissions({ of: ref }: { of: ServiceAccountRef }) {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const [isOpened, setIsOpened] = useState(false);
  const { value, problem, loading, reload } = useRequest(
    isOpened ? stringifyServiceAccountRef(ref) : undefined,
    signal => api.getPermissions(ref, { signal }),
  );
  const texts = useProblemTexts();
  const whatIsWrong = (found: Problem) => {
    if (found.kind === 'unknown-entity') return t('permissionsOfRole.gone');
    return found.kind === 'error'
      ? t('permissionsOfRole.failed', { message: found.message })
      : texts(found, 'identity').title;
  };
  return (
    <details
      className={styles.fold}
      onToggle={({ currentTarget }) => {
        if (currentTarget.open) setIsOpened(true);
      }}
    >
      <summary>{t('permissionsOfRole.title')}</summary>
      <div className={styles.policies}>
        {loading && !value && (
          <div role="status" aria-label={t('permissionsOfRole.loading')}>
            <Skeleton width="60%" height={16} />
          </div>
        )}
        {problem && (
          <div role="alert" className={styles.problem}>
            <Text as="p">{whatIsWrong(problem)}</Text>
            {problem.kind === 'error' && (
              <Button size="small" variant="secondary" onPress={reload}>
                {t('card.retry')}
              </Button>
            )}
          </div>
        )}
        {value && (
          <>
            {value.policies.length === 0 && (
              <Text as="p">{t('permissionsOfRole.none')}</Text>
            )}
            {value.policies.map(policy => (
              <Policy key={policy.arn ?? policy.name} policy={policy} />
            ))}
            <Text as="p" variant="body-small" color="secondary">
              {value.boundaryArn &&
                `${t('permissionsOfRole.boundary', {
                  name: value.boundaryArn.split('/').pop()!,
                })} `}
              {t('permissionsOfRole.notRead')}
            </Text>
          </>
        )}
      </div>
    </details>
  );
}
