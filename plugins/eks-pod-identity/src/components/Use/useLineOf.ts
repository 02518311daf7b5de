import type { UseSummary } from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';

/** AWS writes `s3`; people say S3. Longer names are words. */
export const serviceName = (service: string) =>
  service.length <= 4 ? service.toLocaleUpperCase('en-US') : service;

/** `10:42` of today, with the date of any other day. */
function clockTime(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const isToday = at.toDateString() === now.toDateString();
  return at.toLocaleString(undefined, {
    ...(isToday ? {} : { day: 'numeric', month: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** “obtained by payments-api-7d9f at 10:42 · boto3 1.35 · S3, STS”; undefined where no pod was seen. */
export function useLineOf() {
  const { t } = useTexts();
  return ({ pod, sdk, version, services }: UseSummary): string | undefined =>
    pod &&
    [
      t('use.obtained', { pod: pod.name, when: clockTime(pod.at) }),
      sdk && [sdk, version].filter(Boolean).join(' '),
      services.map(serviceName).join(', '),
    ]
      .filter(Boolean)
      .join(' · ');
}
