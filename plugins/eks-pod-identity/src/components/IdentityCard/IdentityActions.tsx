import {
  toastApiRef,
  useApiHolder,
  useTranslationRef,
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
} from '@backstage/ui';
import { RiMore2Line } from '@remixicon/react';
import {
  stringifyServiceAccountRef,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useReportHref, useTemplateHref } from '../../hooks/useLinks';
import { useVerification } from '../../hooks/useVerification';
import { podIdentityTranslationRef } from '../../translation';
import { writeText } from '../Copy';
import styles from './IdentityCard.module.css';

/** ⋮ of a card: the report, the reference, and the way out. */
export function IdentityMenu({
  identity,
  entityRef,
}: {
  identity: Identity;
  entityRef: string;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  // An app on the old frontend system may have none.
  const toast = useApiHolder().get(toastApiRef);
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
      () =>
        toast?.post({
          title: t('card.copied'),
          description: reference,
          status: 'success',
          timeout: 3_000,
        }),
      () =>
        toast?.post({
          title: t('copy.failed'),
          description: reference,
          status: 'warning',
        }),
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
  return (
    <Flex direction="column" gap="2" className={styles.footer}>
      {progress.running && (
        <div role="status" className={styles.progress}>
          <Text as="p" variant="body-small" color="secondary">
            {progress.checks.length === 0
              ? progress.line ?? t('verify.starting')
              : `${t('verify.progress', { count: progress.checks.length })} · ${
                  progress.line ?? ''
                }`}
          </Text>
        </div>
      )}
      {progress.cancelled && (
        <Text as="p" variant="body-small" color="secondary" role="status">
          {t('verify.cancelled')}
        </Text>
      )}
      {progress.error && (
        <Alert
          status="danger"
          icon
          title={t(
            progress.running ? 'verify.notCancelled' : 'verify.failedToStart',
            { message: progress.error },
          )}
        />
      )}
      <div className={styles.actions}>
        {showReportLink && reportHref && (
          <ButtonLink size="small" variant="tertiary" href={reportHref}>
            {t('card.viewReport')}
          </ButtonLink>
        )}
        {progress.running && progress.canCancel && (
          <Button
            size="small"
            variant="secondary"
            isDisabled={progress.cancelling}
            onPress={cancel}
          >
            {t(progress.cancelling ? 'verify.cancelling' : 'verify.cancel')}
          </Button>
        )}
        {!progress.running && identity.can.verify && (
          <Button size="small" variant="secondary" onPress={start}>
            {t('card.verifyNow')}
          </Button>
        )}
      </div>
    </Flex>
  );
}
