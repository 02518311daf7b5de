import type { Identity } from 'backstage-plugin-eks-pod-identity-common';

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
];

/**
 * `3 minutes ago`, in the browser’s language, rounded down. Clock skew: a future time counts as now.
 */
export function relativeTime(iso: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(iso)) / 1000));
  // "Yesterday" would be wrong for 35 hours ago
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: 'always' });
  for (const [unit, size] of UNITS) {
    if (seconds >= size) {
      return format.format(-Math.floor(seconds / size), unit);
    }
  }
  const { locale } = format.resolvedOptions();
  return locale.startsWith('en')
    ? 'just now'
    : format.format(-seconds, 'second');
}

/**
 * When the run took place that the headline describes. A proof, or a failed pod run, stays the headline while later
 * runs without a pod find nothing else; its age is then that of the pod run.
 */
export function headlineTime({
  status,
  lastProof,
  lastLook,
  provenAt,
  lookedAt,
}: Pick<
  Identity,
  'status' | 'lastProof' | 'lastLook' | 'provenAt' | 'lookedAt'
>): { at: string; proven: boolean } | undefined {
  if (status === 'verified' && provenAt) return { at: provenAt, proven: true };
  const isOfPodRun =
    lastProof?.status === status && lastLook?.status !== status;
  const at = (isOfPodRun ? lastProof.finishedAt : lookedAt) ?? provenAt;
  return at ? { at, proven: false } : undefined;
}
