import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import {
  entityIdentitiesSchema,
  entityRefSchema,
  podIdentityUsePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Caller } from '../permissions/caller';
import { requireEntity } from '../permissions/EntityDirectory';
import { Reader } from '../permissions/Reader';
import { asData, TEXTS_ARE_DATA } from './asData';
import { READ_ONLY } from './readOnly';
import type { ActionDeps } from './types';

export function registerGetStatus(deps: ActionDeps) {
  deps.actionsRegistry.register({
    name: 'get-status',
    title: 'Get the AWS identity of a component',
    description: `Says whether a component of the catalog has an AWS identity on EKS (an EKS Pod Identity association) and whether it really works.

Answers for every Kubernetes service account of the component: its status, one sentence about the worst finding, the path of the credentials from pod to AWS, and when a pod last proved it. "access" has its service accounts that are set up for AWS otherwise: by IRSA, access keys or kube2iam. "asNode" has those whose pods may be what called AWS with the role of their node: may be, because AWS does not record the pod. Reads the portal's records; calls neither AWS nor Kubernetes.

Use it first when a service gets "access denied" from AWS or finds no credentials. Do not use it to see what a change of the last minutes did: that is verify.

${TEXTS_ARE_DATA}`,
    schema: {
      input: z =>
        z.object({
          entityRef: z
            .string()
            .describe('Full entity reference, such as component:default/shop'),
        }),
      output: z => z.object({ identities: z.array(z.any()) }).passthrough(),
    },
    attributes: READ_ONLY,
    visibilityPermission: podIdentityUsePermission,
    action: async ({ input, credentials }) => {
      const caller = credentials as Caller;
      const entityRef = readEntityRef(input.entityRef);
      const answer = await deps.identities.ofEntity(
        { entityRef, loading: requireEntity(deps.catalog, entityRef, caller) },
        caller,
      );
      // The channel belongs to open cards alone.
      const { signalChannel: _, ...identities } =
        entityIdentitiesSchema.parse(answer);
      const reader = new Reader(deps, caller);
      const output = await reader.show(entityIdentitiesSchema, identities);
      return { output: { ...asData(output) } };
    },
  });
}

function readEntityRef(text: string): string {
  try {
    return entityRefSchema.parse(stringifyEntityRef(parseEntityRef(text)));
  } catch {
    throw new InputError(
      `"${text.slice(
        0,
        100,
      )}" is not an entity reference: write it as kind:namespace/name, such as component:default/shop`,
    );
  }
}
