import type { Identity } from 'backstage-plugin-eks-pod-identity-common';

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
];

/** `3 minutes ago`, in the browser’s language. */
export function relativeTime(iso: string, now = Date.now()): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1000);
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) {
      return format.format(Math.round(seconds / size), unit);
    }
  }
  return format.format(0, 'minute') === 'this minute'
    ? 'just now'
    : format.format(Math.min(0, seconds), 'second');
}

/**
 * When the run was that the headline speaks of. A proof, and a pod run that failed, stay the headline while later looks
 * find nothing else; then they are as old as their pod, whoever has looked since.
 */
export function saidAt({
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
  const isOfPod = lastProof?.status === status && lastLook?.status !== status;
  const at = (isOfPod ? lastProof.finishedAt : lookedAt) ?? provenAt;
  return at ? { at, proven: false } : undefined;
}
