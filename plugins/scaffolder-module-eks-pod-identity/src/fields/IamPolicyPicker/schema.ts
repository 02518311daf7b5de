import { makeFieldSchema } from '@backstage/plugin-scaffolder-react';

export const policyPickerSchema = makeFieldSchema({
  output: z => z.array(z.string()).describe('ARNs of the policies'),
  uiOptions: z =>
    z.object({
      clusterFrom: z
        .string()
        .optional()
        .describe(
          'Property of the form that holds the cluster, whose guardrails apply; default `clusterName`',
        ),
      cluster: z
        .string()
        .optional()
        .describe('Id of the cluster, for forms that do not ask for it'),
    }),
});
