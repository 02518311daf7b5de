import {
  associationPageSchema,
  IDENTITY_STATUS_ORDER,
  namedStatusSchema,
  podIdentityUsePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Caller } from '../permissions/caller';
import { asData, TEXTS_ARE_DATA } from './asData';
import { READ_ONLY } from './readOnly';
import type { ActionDeps } from './types';

export function registerListAssociations(deps: ActionDeps) {
  deps.actionsRegistry.register({
    name: 'list-associations',
    title: 'List AWS identities of the fleet',
    description: `Lists EKS Pod Identity associations of all clusters that the caller may see, with their status and the worst finding, page by page, and counts by status.

Filter by cluster, status (${IDENTITY_STATUS_ORDER.join(
      ', ',
    )}), owner, orphans, drift, or text. Reads the portal's records; calls neither AWS nor Kubernetes.

Use it for questions about many identities. Do not use it for one component (get-status), nor for service accounts without an association (list-access).

${TEXTS_ARE_DATA}`,
    schema: {
      input: z =>
        z.object({
          cluster: z.string().optional().describe('Id of a cluster'),
          status: z.enum(namedStatusSchema.options).optional(),
          owner: z
            .enum(['portal', 'addon', 'external'])
            .optional()
            .describe('Who manages it: this portal, an EKS add-on, another'),
          orphan: z
            .boolean()
            .optional()
            .describe('Tagged with a component that the catalog does not have'),
          drift: z
            .boolean()
            .optional()
            .describe('Differs from what the last associate asked for'),
          q: z
            .string()
            .max(200)
            .optional()
            .describe('Part of a namespace, service account, role or entity'),
          cursor: z.string().optional().describe('nextCursor of the last page'),
          limit: z.number().int().min(1).max(200).optional(),
        }),
      output: z => z.object({ items: z.array(z.any()) }).passthrough(),
    },
    attributes: READ_ONLY,
    visibilityPermission: podIdentityUsePermission,
    action: async ({ input, credentials }) => {
      const { cursor, limit, ...query } = input;
      const page = await deps.fleet.associations(
        query,
        { cursor, limit: limit ?? 50 },
        credentials as Caller,
      );
      return { output: { ...asData(associationPageSchema.parse(page)) } };
    },
  });
}
