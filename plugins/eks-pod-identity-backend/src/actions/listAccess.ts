import {
  ACCESS_VERDICT_ORDER,
  accessPageSchema,
  accessRoadSchema,
  accessVerdictSchema,
  podIdentityUsePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Caller } from '../permissions/caller';
import { asData, TEXTS_ARE_DATA } from './asData';
import { READ_ONLY } from './readOnly';
import type { ActionDeps } from './types';

export function registerListAccess(deps: ActionDeps) {
  deps.actionsRegistry.register({
    name: 'list-access',
    title: 'List all AWS access of the clusters',
    description: `Lists every service account that has an AWS identity by whatever road (${accessRoadSchema.options.join(
      ', ',
    )}), with what stands between it and EKS Pod Identity, page by page, and counts by verdict and road.

Verdicts, what needs a person first: ${ACCESS_VERDICT_ORDER.join(
      ', ',
    )}. A row with withheld: true leaves out the role and the reasons, because they are not for the caller. Reads the portal's records; calls neither AWS nor Kubernetes.

Use it to find what is still on IRSA, access keys or kube2iam. Do not use it to learn whether an EKS Pod Identity association works (list-associations, get-status).

${TEXTS_ARE_DATA}`,
    schema: {
      input: z =>
        z.object({
          cluster: z.string().optional().describe('Id of a cluster'),
          road: z.enum(accessRoadSchema.options).optional(),
          verdict: z.enum(accessVerdictSchema.options).optional(),
          ownedBy: z
            .string()
            .max(500)
            .optional()
            .describe('Entity ref of the group or user that owns components'),
          q: z
            .string()
            .max(200)
            .optional()
            .describe('Part of namespace/service-account'),
          cursor: z.string().optional().describe('nextCursor of the last page'),
          limit: z.number().int().min(1).max(200).optional(),
        }),
      output: z => z.object({ items: z.array(z.any()) }).passthrough(),
    },
    attributes: READ_ONLY,
    visibilityPermission: podIdentityUsePermission,
    action: async ({ input, credentials }) => {
      const { cursor, limit, ...query } = input;
      const page = await deps.access.list(
        query,
        { cursor, limit: limit ?? 50 },
        credentials as Caller,
      );
      return { output: { ...asData(accessPageSchema.parse(page)) } };
    },
  });
}
