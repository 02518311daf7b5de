import { parseEntityRef } from '@backstage/catalog-model';
import {
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

/** `component:default/payments-api` → its page in the catalog. */
export function entityPage(appBaseUrl: string, entityRef: string): string {
  const { kind, namespace, name } = parseEntityRef(entityRef);
  return `${appBaseUrl}/catalog/${[namespace, kind, name]
    .map(part => encodeURIComponent(part.toLocaleLowerCase('en-US')))
    .join('/')}`;
}

/** The tab of an entity page where one of its identities is shown, with its newest report or the named one. */
export function identityPage(
  appBaseUrl: string,
  entityRef: string,
  { ref, reportId }: { ref: ServiceAccountRef; reportId?: string },
): string {
  const query = new URLSearchParams({
    ref: stringifyServiceAccountRef(ref),
    ...(reportId ? { report: reportId } : {}),
  });
  return `${entityPage(appBaseUrl, entityRef)}/aws-identity?${query}`;
}
