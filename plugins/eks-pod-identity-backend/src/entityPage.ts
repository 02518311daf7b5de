import { parseEntityRef } from '@backstage/catalog-model';

/** `component:default/payments-api` → its page in the catalog. */
export function entityPage(appBaseUrl: string, entityRef: string): string {
  const { kind, namespace, name } = parseEntityRef(entityRef);
  return `${appBaseUrl}/catalog/${[namespace, kind, name]
    .map(part => encodeURIComponent(part.toLocaleLowerCase('en-US')))
    .join('/')}`;
}
