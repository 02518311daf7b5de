import type { ServiceAccountRef } from './ref';

/** A path whose values are encoded. */
export function url(parts: TemplateStringsArray, ...values: string[]): string {
  return String.raw({ raw: parts }, ...values.map(encodeURIComponent));
}

/** Of everything about one service account. */
export const accountPath = ({
  cluster,
  namespace,
  serviceAccount,
}: ServiceAccountRef) =>
  url`/v1/service-accounts/${cluster}/${namespace}/${serviceAccount}`;

/** With what has a value. */
export function queryString(
  query: Record<string, string | number | boolean | undefined>,
): string {
  const entries = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== '',
  );
  return entries.length
    ? `?${new URLSearchParams(
        entries.map(([key, value]) => [key, `${value}`]),
      )}`
    : '';
}
