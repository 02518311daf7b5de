import { parseEntityRef } from '@backstage/catalog-model';
import { useRouteRef } from '@backstage/frontend-plugin-api';
import { entityRouteRef } from '@backstage/plugin-catalog-react';
import {
  stringifyServiceAccountRef,
  type Identity,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { templateRouteRef } from '../routes';

/** Path of the identity tab below an entity page; the notifications of the backend link there too. */
export const TAB_PATH = 'aws-identity';

/** Makes links to the pages of entities; undefined where the app has no catalog. */
export function useEntityHrefs(): (entityRef: string) => string | undefined {
  const entityRoute = useRouteRef(entityRouteRef);
  return entityRef => {
    const { kind, namespace, name } = parseEntityRef(entityRef);
    return entityRoute?.({
      kind: kind.toLocaleLowerCase('en-US'),
      namespace,
      name,
    });
  };
}

/** Makes links to a service account's report on an entity's tab; undefined where the app has no catalog. */
export function useReportHrefs(): (
  entityRef: string,
  ref: ServiceAccountRef,
) => string | undefined {
  const entityHref = useEntityHrefs();
  return (entityRef, ref) => {
    const page = entityHref(entityRef);
    return (
      page &&
      `${page}/${TAB_PATH}?ref=${encodeURIComponent(
        stringifyServiceAccountRef(ref),
      )}`
    );
  };
}

/** One of our templates with its form prefilled; undefined where the app has no scaffolder. */
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

const GIVE_IDENTITY = 'give-a-component-an-aws-identity';

/** The template that gives this entity an identity. */
export function useGiveIdentityHref(entityRef: string): string | undefined {
  return useTemplateHref(GIVE_IDENTITY, { entityRef });
}

/** The same for one identity, with what was asked for last. */
export function useRepairHref(
  entityRef: string,
  { ref, repair }: Pick<Identity, 'ref' | 'repair'>,
): string | undefined {
  const { cluster, namespace, serviceAccount } = ref;
  return useTemplateHref(GIVE_IDENTITY, {
    entityRef,
    clusterName: cluster,
    namespace,
    serviceAccount,
    roleMode: repair?.roleArn ? 'existing' : 'create',
    roleArn: repair?.roleArn,
    policies: repair?.managedPolicyArns,
    // Pods receive what is repaired only when they start; the form restarts no others, and it can be unticked there
    restartWorkloads: repair?.restarts,
    keepSettings: repair?.keepSettings,
    // Shows the field for it
    isRepair: repair?.keepSettings,
    // As chosen in the plan that the form shows, where it can be unchosen
    planPreview: repair?.replaceRole && {
      target: [cluster, namespace, serviceAccount].join('/'),
      replaceRole: true,
    },
  });
}
