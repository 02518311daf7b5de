import { parseEntityRef } from '@backstage/catalog-model';
import {
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { EntityDirectory } from './EntityDirectory';

/** `component:default/payments-api` → its page in the catalog. */
export function entityPage(appBaseUrl: string, entityRef: string): string {
  const { kind, namespace, name } = parseEntityRef(entityRef);
  return `${appBaseUrl}/catalog/${[namespace, kind, name]
    .map(part => encodeURIComponent(part.toLocaleLowerCase('en-US')))
    .join('/')}`;
}

interface Shown {
  ref: ServiceAccountRef;
  reportId?: string;
}

/** The tab of an entity page where one of its identities is shown, with its newest report or the named one. */
function identityTab(
  appBaseUrl: string,
  entityRef: string,
  { ref, reportId }: Shown,
): string {
  const query = new URLSearchParams({
    ref: stringifyServiceAccountRef(ref),
    ...(reportId ? { report: reportId } : {}),
  });
  return `${entityPage(appBaseUrl, entityRef)}/aws-identity?${query}`;
}

/** Where an identity is shown: on the tab of its entity where that has one, else on the page of the fleet. */
export async function identityPage(
  appBaseUrl: string,
  entityRef: string,
  shown: Shown,
  entities: Pick<EntityDirectory, 'hasTab'>,
): Promise<string> {
  // A catalog that does not answer says nothing against the tab
  if (await entities.hasTab(entityRef).catch(() => true)) {
    return identityTab(appBaseUrl, entityRef, shown);
  }
  return associationsPage(appBaseUrl, {
    identity: stringifyServiceAccountRef(shown.ref),
    ...(shown.reportId ? { report: shown.reportId } : {}),
  });
}

/** The list of the fleet with these filters, or one identity in it. */
export function associationsPage(
  appBaseUrl: string,
  query: Record<string, string>,
): string {
  return `${appBaseUrl}/aws-identities/associations?${new URLSearchParams(
    query,
  )}`;
}
