import { Alert, Button, Text } from '@backstage/ui';
import {
  notesIn,
  proofLevelOf,
  renderConclusionTerminal,
  type EntityAccess,
  type Identity,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useRef } from 'react';
import { useSinglePress } from '../../hooks/useSinglePress';
import { useVerification } from '../../hooks/useVerification';
import { useTexts } from '../../hooks/useTexts';
import { CopyButton } from '../Copy';
import { OfferFixes } from '../Fix';
import { ProblemNotice } from '../Notice';
import { ReportView } from '../Report';
import { StatusBadge } from '../StatusBadge';
import { Timeline } from '../Timeline';
import { DownloadBundle } from './DownloadBundle';
import { UseSection } from '../Use';
import { HistoryStrip } from './HistoryStrip';
import { Overview } from './Overview';
import { StartedBy } from './StartedBy';
import styles from './Tab.module.css';
import { NoReport, ReportSkeleton } from './TabStates';
import { useReports } from './useReports';

/** A pod that obtained nothing was run all the same. */
function proofOf({ application, probe, proof }: VerificationReport) {
  return probe === 'pod' && proof === 'admission'
    ? 'none'
    : proofLevelOf(proof, application);
}

function ReportHead({ report }: { report: VerificationReport }) {
  const { t } = useTexts();
  const seconds =
    (Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000;
  return (
    <div className={styles.header}>
      <div className={styles.reportTitle}>
        <Text as="h2" variant="title-small" weight="bold">
          {t('tab.reportAt', {
            when: new Date(report.finishedAt).toLocaleString(undefined, {
              dateStyle: 'medium',
              timeStyle: 'short',
            }),
          })}
        </Text>
        <span className={styles.meta}>
          <StatusBadge status={report.status} notes={notesIn(report)} />
          <Text variant="body-small" color="secondary">
            {t(`proof.${proofOf(report)}`)}
            {' · '}
            <StartedBy run={report} />
            {' · '}
            {t('tab.took', {
              seconds: seconds < 0.05 ? '< 0.1' : seconds.toFixed(1),
            })}
          </Text>
        </span>
      </div>
      <div className={styles.copies}>
        <CopyButton
          text={renderConclusionTerminal(report, { byTitle: true })}
          label={t('tab.copyForTicket')}
          withText
        />
        <CopyButton
          text={JSON.stringify(report, null, 2)}
          label={t('tab.copyJson')}
          withText
        />
        <DownloadBundle key={report.id} reportId={report.id} />
      </div>
    </div>
  );
}

/** One identity with its history and one of its reports. */
export function IdentityReport({
  identity,
  access,
  entityRef,
  dependsOn,
  chosenId,
  onChoose,
  onChanged,
}: {
  identity: Identity;
  /** How it gets to AWS without an association. */
  access?: EntityAccess;
  entityRef?: string;
  /** Resources that the component depends on, by the catalog. */
  dependsOn?: string[];
  /** The report that the address names; without one the newest is shown. */
  chosenId?: string;
  onChoose: (id: string | undefined, how?: { replace: boolean }) => void;
  onChanged: () => void;
}) {
  const { t } = useTexts();
  const { runs, report, gone, problem, loading, older, reload } = useReports(
    identity.ref,
    chosenId,
    // A run that another user started has written a report as well
    identity.lastLook?.id ?? identity.lookedAt,
  );
  /** Only a run that was started here replaces the report on display. */
  const startedHere = useRef(false);
  const started = useCallback(() => {
    startedHere.current = true;
    onChanged();
  }, [onChanged]);
  const changed = useCallback(() => {
    if (startedHere.current) onChoose(undefined, { replace: true });
    startedHere.current = false;
    reload();
    onChanged();
  }, [reload, onChoose, onChanged]);
  const verification = useVerification({
    ref: identity.ref,
    entityRef,
    running: identity.verifying,
    onStarted: started,
    onFinished: changed,
  });
  const single = useSinglePress();
  const overview = useRef<HTMLDivElement>(null);
  const mayVerify = identity.can.verify && !verification.progress.running;
  const verifyAgain = () => {
    single(() => verification.start());
    // The button goes, and the progress is shown there
    overview.current?.focus();
  };
  const newest = runs[0];
  const isOlder = report && newest && report.id !== newest.id;
  const showNewest = (
    <Button
      size="small"
      variant="secondary"
      onPress={() => onChoose(undefined)}
    >
      {t('tab.showNewest')}
    </Button>
  );

  return (
    <>
      <div ref={overview} tabIndex={-1} className={styles.focusable}>
        <Overview
          identity={identity}
          access={access}
          entityRef={entityRef}
          dependsOn={dependsOn}
          verification={verification}
          report={report}
          onChanged={onChanged}
        />
      </div>
      <UseSection of={identity.ref} />
      <HistoryStrip
        runs={runs}
        selectedId={chosenId ?? newest?.id}
        onSelect={id => onChoose(id === newest?.id ? undefined : id)}
        older={older}
      />
      {loading && !problem && <ReportSkeleton />}
      {problem && (
        <ProblemNotice problem={problem} what="reports" onRetry={reload} />
      )}
      {gone && (
        <NoReport
          title={t('tab.gone')}
          description={t('tab.goneWhy')}
          action={newest && showNewest}
        />
      )}
      {!loading && !problem && !gone && !report && (
        <NoReport
          title={t('tab.noReport')}
          description={
            identity.can.verify ? t('tab.noReportFix') : t('tab.noReportWait')
          }
        />
      )}
      {report && !problem && (
        <section className={styles.report}>
          {isOlder && (
            <Alert
              status="info"
              icon
              title={t('tab.olderShown')}
              customActions={showNewest}
            />
          )}
          <ReportHead report={report} />
          <OfferFixes
            identity={identity}
            entityRef={entityRef}
            onChanged={started}
            isCurrent={!isOlder && !verification.progress.running}
          >
            <ReportView
              key={report.id}
              report={report}
              onVerifyAgain={mayVerify ? verifyAgain : undefined}
            />
          </OfferFixes>
          {report.timelineOf && (
            <Timeline key={report.timelineOf} operationId={report.timelineOf} />
          )}
        </section>
      )}
    </>
  );
}
