import { parseEntityRef } from '@backstage/catalog-model';
import { useRouteRef } from '@backstage/frontend-plugin-api';
import { entityRouteRef } from '@backstage/plugin-catalog-react';
import {
  stringifyServiceAccountRef,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { templateRouteRef } from '../routes';

/** Where the identity tab sits below an entity page; the backend's notifications lead there too. */
export const TAB_PATH = 'aws-identity';

/** The report of one ServiceAccount on the entity’s tab; undefined where there is no catalog. */
export function useReportHref(
  entityRef: string,
  ref: ServiceAccountRef,
): string | undefined {
  const entityRoute = useRouteRef(entityRouteRef);
  if (!entityRoute) return undefined;
  const { kind, namespace, name } = parseEntityRef(entityRef);
  return `${entityRoute({
    kind: kind.toLocaleLowerCase('en-US'),
    namespace,
    name,
  })}/${TAB_PATH}?ref=${encodeURIComponent(stringifyServiceAccountRef(ref))}`;
}

/** One of our templates, its form prefilled; undefined where there is no scaffolder. */
export function useTemplateHref(
  templateName: string,
  formData: Record<string, unknown>,
): string | undefined {
  const templateRoute = useRouteRef(templateRouteRef);
  if (!templateRoute) return undefined;
  return `${templateRoute({
    namespace: 'default',
    templateName,
  })}?formData=${encodeURIComponent(JSON.stringify(formData))}`;
}
