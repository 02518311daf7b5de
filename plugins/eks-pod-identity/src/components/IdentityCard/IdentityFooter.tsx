import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  ButtonLink,
  Checkbox,
  Flex,
  Text,
  VisuallyHidden,
} from '@backstage/ui';
import type { Identity } from 'backstage-plugin-eks-pod-identity-common';
import { useRef, useState } from 'react';
import { useReportHrefs } from '../../hooks/useLinks';
import { useSinglePress } from '../../hooks/useSinglePress';
import {
  useVerification,
  type VerificationProgress,
} from '../../hooks/useVerification';
import { podIdentityTranslationRef } from '../../translation';
import styles from './IdentityCard.module.css';

function failureOf({ running, unfollowed }: VerificationProgress) {
  if (running) return 'verify.notCancelled';
  return unfollowed ? 'verify.notFollowed' : 'verify.failedToStart';
}

/** Outcome of the run started on this page, once the identity reflects it. */
function useOutcomeOfRun(identity: Identity, running: boolean) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const lookBefore = useRef<string | undefined>();
  const ran = useRef(false);
  const newest = identity.lastLook?.id;
  if (running && !ran.current) {
    ran.current = true;
    lookBefore.current = newest;
  }
  const isKnown = !running && ran.current && newest !== lookBefore.current;
  return isKnown
    ? `${t(`status.${identity.status}`)}. ${identity.headline}`
    : undefined;
}

/** The line of a running or cancelled verification. */
function useProgressText(progress: VerificationProgress): string | undefined {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { running, cancelled, checks, line } = progress;
  if (!running) return cancelled ? t('verify.cancelled') : undefined;
  return checks.length === 0
    ? line ?? t('verify.starting')
    : `${t('verify.progress', { count: checks.length })} · ${line ?? ''}`;
}

function buttonLabelOf({ running, cancelling }: VerificationProgress) {
  if (!running) return 'card.verifyNow';
  return cancelling ? 'verify.cancelling' : 'verify.cancel';
}

/** “View report” and “Verify now”, with live progress above them while it runs. */
export function IdentityFooter({
  identity,
  entityRef,
  onStarted,
  onChanged,
}: {
  identity: Identity;
  entityRef: string;
  /** A verification was started here. */
  onStarted?: () => void;
  /** A verification ended. */
  onChanged: () => void;
}) {
  const reportHref = useReportHrefs()(entityRef, identity.ref);
  const verification = useVerification({
    ref: identity.ref,
    entityRef,
    running: identity.verifying,
    onStarted,
    onFinished: onChanged,
  });
  return (
    <VerificationFooter
      identity={identity}
      verification={verification}
      reportHref={reportHref}
    />
  );
}

/** The same for a verification that other parts of the page start as well. */
export function VerificationFooter({
  identity,
  verification: { progress, start, cancel },
  reportHref,
  offerTimeline = false,
}: {
  identity: Identity;
  verification: ReturnType<typeof useVerification>;
  reportHref?: string;
  /** Lets the user have a timeline recorded, which is shown beside the report. */
  offerTimeline?: boolean;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [timeline, setTimeline] = useState(false);
  const single = useSinglePress();
  const outcome = useOutcomeOfRun(identity, progress.running);
  const progressText = useProgressText(progress);
  return (
    <Flex direction="column" gap="2" className={styles.footer}>
      {/* Always mounted: screen readers only announce changes inside an existing status */}
      <div
        role="status"
        className={progressText ? styles.progress : styles.silent}
      >
        {progressText ? (
          <Text as="p" variant="body-small" color="secondary">
            {progressText}
          </Text>
        ) : (
          <VisuallyHidden>{outcome}</VisuallyHidden>
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
        {reportHref && (
          <ButtonLink size="small" variant="tertiary" href={reportHref}>
            {t('card.viewReport')}
          </ButtonLink>
        )}
        {offerTimeline && identity.can.verify && !progress.running && (
          <Checkbox isSelected={timeline} onChange={setTimeline}>
            {t('verify.recordTimeline')}
          </Checkbox>
        )}
        {/* The same button starts and cancels, so that it keeps the focus */}
        {(progress.running ? progress.canCancel : identity.can.verify) && (
          <Button
            size="small"
            variant="secondary"
            isDisabled={progress.cancelling}
            onPress={() =>
              single(progress.running ? cancel : () => start({ timeline }))
            }
          >
            {t(buttonLabelOf(progress))}
          </Button>
        )}
      </div>
    </Flex>
  );
}
