import {
  Alert,
  Button,
  ButtonLink,
  Checkbox,
  Flex,
  Text,
  VisuallyHidden,
} from '@backstage/ui';
import {
  capitalised,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useRef, useState } from 'react';
import { useReportHrefs } from '../../hooks/useLinks';
import { useSinglePress } from '../../hooks/useSinglePress';
import {
  useVerification,
  type VerificationProgress,
} from '../../hooks/useVerification';
import { useTexts } from '../../hooks/useTexts';
import { Sentence } from '../Sentence';
import styles from './IdentityCard.module.css';

function failureOf({ running, unfollowed }: VerificationProgress) {
  if (running) return 'verify.notCancelled';
  return unfollowed ? 'verify.notFollowed' : 'verify.failedToStart';
}

/** Outcome of the run started on this page, once the identity reflects it. */
function useOutcomeOfRun(identity: Identity, running: boolean) {
  const { t } = useTexts();
  const lookBefore = useRef<string | undefined>(undefined);
  const ran = useRef(false);
  const newest = identity.lastLook?.id;
  if (running && !ran.current) {
    ran.current = true;
    lookBefore.current = newest;
  }
  const isKnown = !running && ran.current && newest !== lookBefore.current;
  return isKnown
    ? `${t(`status.${identity.status}`)}: ${capitalised(identity.sentence)}`
    : undefined;
}

/** The line of a running verification. */
function useProgressText(progress: VerificationProgress): string | undefined {
  const { t } = useTexts();
  const { running, checks, line, total } = progress;
  if (!running) return undefined;
  if (checks.length === 0) return line ?? t('verify.starting');
  const count = checks.length;
  const done = total
    ? t('verify.progressOf', { count, total: String(total) })
    : t('verify.progress', { count });
  return `${done} · ${line ?? ''}`;
}

/** What a screen reader says, once: that it runs, and how it ended. */
function useAnnouncement(identity: Identity, progress: VerificationProgress) {
  const { t } = useTexts();
  const outcome = useOutcomeOfRun(identity, progress.running);
  if (progress.running) return t('verify.running');
  if (progress.cancelled) return t('verify.cancelled');
  return [progress.tooLate && t('verify.tooLate'), outcome]
    .filter(Boolean)
    .join(' ');
}

/** Why a cancellation did not lead to a result of its own. */
function visibleEnd({ running, cancelled, tooLate }: VerificationProgress) {
  if (running) return undefined;
  if (cancelled) return 'verify.cancelled';
  return tooLate ? 'verify.tooLate' : undefined;
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
  offers = {},
}: {
  identity: Identity;
  verification: ReturnType<typeof useVerification>;
  reportHref?: string;
  /** Lets the user have a timeline recorded, which is shown beside the report, and one pod run in each node group. */
  offers?: { timeline?: boolean; perNodeGroup?: boolean };
}) {
  const { t } = useTexts();
  const [timeline, setTimeline] = useState(false);
  const [perNodeGroup, setPerNodeGroup] = useState(false);
  const single = useSinglePress();
  const announcement = useAnnouncement(identity, progress);
  const end = visibleEnd(progress);
  const progressText = useProgressText(progress);
  const mayStart = identity.can.verify && !progress.running;
  return (
    <Flex direction="column" gap="2" className={styles.footer}>
      {/* Always mounted: screen readers only announce changes inside an existing status */}
      <div role="status" className={styles.silent}>
        <VisuallyHidden>{announcement}</VisuallyHidden>
      </div>
      {progressText && (
        <div className={styles.progress}>
          <progress
            className={styles.bar}
            aria-label={t('status.verifying')}
            max={progress.total ?? 1}
            value={progress.total ? progress.checks.length : undefined}
          />
          <Text as="p" variant="body-small" color="secondary">
            {progressText}
          </Text>
        </div>
      )}
      {end && (
        <Text as="p" variant="body-small" color="secondary" aria-hidden="true">
          {t(end)}
        </Text>
      )}
      {progress.error && (
        <div role="alert">
          <Alert
            status={progress.unfollowed ? 'warning' : 'danger'}
            icon
            title={
              <Sentence>
                {t(failureOf(progress), { message: progress.error })}
              </Sentence>
            }
          />
        </div>
      )}
      <div className={styles.actions}>
        {reportHref && (
          <ButtonLink size="small" variant="tertiary" href={reportHref}>
            {t('card.viewReport')}
          </ButtonLink>
        )}
        {offers.perNodeGroup && mayStart && (
          <Checkbox isSelected={perNodeGroup} onChange={setPerNodeGroup}>
            {t('verify.perNodeGroup')}
          </Checkbox>
        )}
        {offers.timeline && mayStart && (
          <Checkbox isSelected={timeline} onChange={setTimeline}>
            {t('verify.recordTimeline')}
          </Checkbox>
        )}
        {/* The same button starts and cancels, so that it keeps the focus */}
        {(progress.running ? progress.canCancel : identity.can.verify) && (
          <Button
            size="small"
            variant={
              progress.running || identity.status === 'verified'
                ? 'secondary'
                : 'primary'
            }
            isDisabled={progress.cancelling}
            onPress={() =>
              single(
                progress.running
                  ? cancel
                  : () =>
                      start({
                        timeline,
                        perNodeGroup: offers.perNodeGroup && perNodeGroup,
                      }),
              )
            }
          >
            {t(buttonLabelOf(progress))}
          </Button>
        )}
      </div>
    </Flex>
  );
}
