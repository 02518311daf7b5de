import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Skeleton, Text, VisuallyHidden } from '@backstage/ui';
import { RiArrowRightSLine } from '@remixicon/react';
import {
  requestProblemOf,
  type Timeline as RecordedTimeline,
  type TimelineEntry,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState, type CSSProperties } from 'react';
import { podIdentityApiRef } from '../../api';
import { useRequest } from '../../hooks/useRequest';
import { useTexts } from '../../hooks/useTexts';
import { ProblemNotice } from '../Notice';
import styles from './Timeline.module.css';

/** More rows are shown on request: hours of polling make two thousand. */
const FIRST_ROWS = 100;

const SERVICES = {
  cloudtrail: 'CloudTrail',
  ec2: 'EC2',
  eks: 'EKS',
  iam: 'IAM',
  sts: 'STS',
  kubernetes: 'Kubernetes',
};

const secondsOf = (ms: number) => (ms / 1000).toFixed(2);

/** Waits first, as the dashed part of the bar, then works. */
function partsOf(entry: TimelineEntry) {
  return entry.type === 'call'
    ? { waitMs: entry.waitMs, workMs: entry.durationMs }
    : { waitMs: entry.durationMs, workMs: 0 };
}

function Bar({ entry, wholeMs }: { entry: TimelineEntry; wholeMs: number }) {
  const { waitMs, workMs } = partsOf(entry);
  const share = (ms: number) => `${(ms / Math.max(1, wholeMs)) * 100}%`;
  const at = (startMs: number, ms: number): CSSProperties => ({
    left: share(startMs),
    width: share(ms),
  });
  const failed = entry.type === 'call' && entry.outcome !== 'ok';
  return (
    <div className={styles.track} aria-hidden="true">
      {waitMs > 0 && (
        <span className={styles.wait} style={at(entry.startMs, waitMs)} />
      )}
      {workMs > 0 && (
        <span
          className={styles.work}
          data-failed={failed}
          style={at(entry.startMs + waitMs, workMs)}
        />
      )}
    </div>
  );
}

function Row({ entry, wholeMs }: { entry: TimelineEntry; wholeMs: number }) {
  const { t } = useTexts();
  const { waitMs } = partsOf(entry);
  return (
    <tr>
      <th scope="row" className={styles.what}>
        {entry.type === 'call' ? (
          <>
            {SERVICES[entry.service]} {entry.operation}
            {entry.outcome !== 'ok' && (
              <span className={styles.outcome}> {entry.outcome}</span>
            )}
            {entry.waitedFor && (
              <span className={styles.why}>
                {' '}
                {t(`timelineWait.${entry.waitedFor}`)}
              </span>
            )}
          </>
        ) : (
          t(`timelinePause.${entry.why}`)
        )}
        <Bar entry={entry} wholeMs={wholeMs} />
      </th>
      <td>{secondsOf(entry.startMs)}</td>
      <td>{waitMs > 0 && secondsOf(waitMs)}</td>
      <td>{entry.type === 'call' && secondsOf(entry.durationMs)}</td>
    </tr>
  );
}

function Rows({ timeline }: { timeline: RecordedTimeline }) {
  const { t } = useTexts();
  const { durationMs, entries, cut } = timeline;
  const [all, setAll] = useState(false);
  const shown = all ? entries : entries.slice(0, FIRST_ROWS);
  return (
    <>
      <Text as="p" variant="body-small" color="secondary">
        {t('timeline.summary', {
          count: entries.filter(({ type }) => type === 'call').length,
          seconds: secondsOf(durationMs),
        })}
      </Text>
      {entries.length > 0 && (
        <table className={styles.table}>
          <caption>
            <VisuallyHidden>{t('timeline.caption')}</VisuallyHidden>
          </caption>
          <thead>
            <tr>
              <th scope="col">{t('timeline.call')}</th>
              <th scope="col">{t('timeline.start')}</th>
              <th scope="col">{t('timeline.wait')}</th>
              <th scope="col">{t('timeline.duration')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((entry, index) => (
              <Row key={index} entry={entry} wholeMs={durationMs} />
            ))}
          </tbody>
        </table>
      )}
      {shown.length < entries.length && (
        <Button size="small" variant="secondary" onPress={() => setAll(true)}>
          {t('timeline.showAll', { count: entries.length })}
        </Button>
      )}
      {cut > 0 && (
        <Text as="p" variant="body-small">
          {t('timeline.cut', { count: cut })}
        </Text>
      )}
    </>
  );
}

/** Loads only once it is opened. */
function Loaded({ operationId }: { operationId: string }) {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const { value, problem, reload } = useRequest(
    operationId,
    async (signal): Promise<RecordedTimeline | 'gone'> => {
      try {
        return await api.getTimeline(operationId, { signal });
      } catch (error) {
        if (requestProblemOf(error) === 'not-found') return 'gone';
        throw error;
      }
    },
  );
  if (value === 'gone') {
    return (
      <Text as="p" variant="body-small" color="secondary">
        {t('timeline.gone')}
      </Text>
    );
  }
  if (value) return <Rows timeline={value} />;
  if (problem) {
    return <ProblemNotice problem={problem} what="timeline" onRetry={reload} />;
  }
  return (
    <div role="status">
      <VisuallyHidden>{t('timeline.loading')}</VisuallyHidden>
      <Skeleton height={96} />
    </div>
  );
}

/** Which calls a run made, when, and what it waited for; a line that opens. */
export function Timeline({ operationId }: { operationId: string }) {
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  return (
    <details
      className={styles.timeline}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary className={styles.head}>
        <RiArrowRightSLine
          size={18}
          aria-hidden="true"
          className={styles.chevron}
        />
        <h3 className={styles.title}>{t('timeline.title')}</h3>
      </summary>
      {open && (
        <div className={styles.body}>
          <Loaded operationId={operationId} />
        </div>
      )}
    </details>
  );
}
