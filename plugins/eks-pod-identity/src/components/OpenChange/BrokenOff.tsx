import { Alert, ButtonLink } from '@backstage/ui';
import type { Identity } from 'backstage-plugin-eks-pod-identity-common';
import { useTemplateHref } from '../../hooks/useLinks';
import { useTexts } from '../../hooks/useTexts';
import { relativeTime } from '../when';
import styles from './OpenChange.module.css';

/** What the last change left behind, if it was cancelled or failed half-way, with the templates that fix it. */
export function BrokenOff({
  identity,
  entityRef,
}: {
  identity: Identity;
  entityRef?: string;
}) {
  const { t } = useTexts();
  const { can, change, ref } = identity;
  const formData = {
    entityRef,
    clusterName: ref.cluster,
    namespace: ref.namespace,
    serviceAccount: ref.serviceAccount,
  };
  const finish = useTemplateHref('give-a-component-an-aws-identity', formData);
  const remove = useTemplateHref('remove-aws-identity', formData);
  if (!change) return null;
  const { kind, state } = change;
  if (kind !== 'associate' && kind !== 'teardown') return null;
  if (state !== 'cancelled' && state !== 'failed') return null;
  const isSetUp = kind === 'associate';
  return (
    <div className={styles.brokenOff}>
      <Alert
        status="warning"
        icon
        title={t(`change.${state}_${kind}`, {
          when: relativeTime(change.at),
        })}
      />
      {can.remove && (
        <div className={styles.actions}>
          {remove && (
            <ButtonLink size="small" variant="secondary" href={remove}>
              {t(isSetUp ? 'change.removeCreated' : 'change.removeRest')}
            </ButtonLink>
          )}
          {isSetUp && finish && (
            <ButtonLink size="small" variant="secondary" href={finish}>
              {t('change.finish')}
            </ButtonLink>
          )}
        </div>
      )}
    </div>
  );
}
