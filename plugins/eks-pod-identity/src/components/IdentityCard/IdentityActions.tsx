import {
  alertApiRef,
  toastApiRef,
  useApiHolder,
  useTranslationRef,
  type ApiHolder,
} from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  ButtonIcon,
  ButtonLink,
  Flex,
  Menu,
  MenuItem,
  MenuTrigger,
  Text,
  VisuallyHidden,
} from '@backstage/ui';
import { RiMore2Line } from '@remixicon/react';
import {
  stringifyServiceAccountRef,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useRef } from 'react';
import { useReportHref, useTemplateHref } from '../../hooks/useLinks';
import { useSinglePress } from '../../hooks/useSinglePress';
import {
  useVerification,
  type VerificationProgress,
} from '../../hooks/useVerification';
import { podIdentityTranslationRef } from '../../translation';
import { writeText } from '../Copy';
import styles from './IdentityCard.module.css';

/** An app on the old frontend system has no toasts, but alerts. */
function tell(
  apis: ApiHolder,
  status: 'success' | 'warning',
  title: string,
  description: string,
) {
  const toast = apis.get(toastApiRef);
  if (toast) {
    toast.post({
      title,
      description,
      status,
      // What could not be copied is read off it
      ...(status === 'success' ? { timeout: 3_000 } : {}),
    });
    return;
  }
  apis.get(alertApiRef)?.post({
    message: `${title}: ${description}`,
    severity: status,
    display: status === 'success' ? 'transient' : 'permanent',
  });
}

/** ⋮ of a card: the report, the reference, and the way out. */
export function IdentityMenu({
  identity,
  entityRef,
}: {
  identity: Identity;
  entityRef: string;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const apis = useApiHolder();
  const reportHref = useReportHref(entityRef, identity.ref);
  const removeHref = useTemplateHref('remove-aws-identity', {
    entityRef,
    clusterName: identity.ref.cluster,
    namespace: identity.ref.namespace,
    serviceAccount: identity.ref.serviceAccount,
  });
  const copyReference = () => {
    const reference = stringifyServiceAccountRef(identity.ref);
    writeText(reference).then(
      () => tell(apis, 'success', t('card.copied'), reference),
      () => tell(apis, 'warning', t('copy.failed'), reference),
    );
  };
  return (
    <MenuTrigger>
      <ButtonIcon
        size="small"
        variant="tertiary"
        aria-label={t('card.menuLabel')}
        icon={<RiMore2Line />}
      />
      <Menu>
        {reportHref ? (
          <MenuItem href={reportHref}>{t('card.openReport')}</MenuItem>
        ) : null}
        <MenuItem onAction={copyReference}>{t('card.copyReference')}</MenuItem>
        {identity.can.remove && removeHref ? (
          <MenuItem href={removeHref} color="danger">
            {t('card.remove')}
          </MenuItem>
        ) : null}
      </Menu>
    </MenuTrigger>
  );
}

function failureOf({ running, unfollowed }: VerificationProgress) {
  if (running) return 'verify.notCancelled';
  return unfollowed ? 'verify.notFollowed' : 'verify.failedToStart';
}

/** What came of a run that was seen here, once the identity tells. */
function useResultOfRun(identity: Identity, running: boolean) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const before = useRef<string | undefined>();
  const ran = useRef(false);
  const newest = identity.lastLook?.id;
  if (running && !ran.current) {
    ran.current = true;
    before.current = newest;
  }
  const isTold = !running && ran.current && newest !== before.current;
  return isTold
    ? `${t(`status.${identity.status}`)}. ${identity.headline}`
    : undefined;
}

/** “View report” and “Verify now”, with live progress above them while it runs. */
export function IdentityFooter({
  identity,
  entityRef,
  onStarted,
  onChanged,
  showReportLink = true,
}: {
  identity: Identity;
  entityRef: string;
  /** A verification began here. */
  onStarted?: () => void;
  /** A verification ended. */
  onChanged: () => void;
  showReportLink?: boolean;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const reportHref = useReportHref(entityRef, identity.ref);
  const { progress, start, cancel } = useVerification({
    ref: identity.ref,
    entityRef,
    running: identity.verifying,
    onStarted,
    onFinished: onChanged,
  });
  const single = useSinglePress();
  const result = useResultOfRun(identity, progress.running);
  let said: string | undefined;
  let label: 'card.verifyNow' | 'verify.cancel' | 'verify.cancelling' =
    'card.verifyNow';
  if (progress.running) {
    label = progress.cancelling ? 'verify.cancelling' : 'verify.cancel';
    said =
      progress.checks.length === 0
        ? progress.line ?? t('verify.starting')
        : `${t('verify.progress', { count: progress.checks.length })} · ${
            progress.line ?? ''
          }`;
  } else if (progress.cancelled) {
    said = t('verify.cancelled');
  }
  return (
    <Flex direction="column" gap="2" className={styles.footer}>
      {/* Mounted before anything is said: else nothing of it is read aloud. */}
      <div role="status" className={said ? styles.progress : styles.silent}>
        {said ? (
          <Text as="p" variant="body-small" color="secondary">
            {said}
          </Text>
        ) : (
          <VisuallyHidden>{result}</VisuallyHidden>
        )}
      </div>
      {progress.error && (
        <div role="alert">
          <Alert
            status={progress.unfollowed ? 'warning' : 'danger'}
            icon
            title={t(failureOf(progress), { message: progress.error })}
          />
        </div>
      )}
      <div className={styles.actions}>
        {showReportLink && reportHref && (
          <ButtonLink size="small" variant="tertiary" href={reportHref}>
            {t('card.viewReport')}
          </ButtonLink>
        )}
        {/* One button at one place, so that it keeps the focus. */}
        {(progress.running ? progress.canCancel : identity.can.verify) && (
          <Button
            size="small"
            variant="secondary"
            isDisabled={progress.cancelling}
            onPress={() => single(progress.running ? cancel : start)}
          >
            {t(label)}
          </Button>
        )}
      </div>
    </Flex>
  );
}
