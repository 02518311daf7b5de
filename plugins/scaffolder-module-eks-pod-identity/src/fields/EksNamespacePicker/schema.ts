import { makeFieldSchema } from '@backstage/plugin-scaffolder-react';

export const namespacePickerSchema = makeFieldSchema({
  output: z => z.string().describe('Name of the namespace'),
  uiOptions: z =>
    z.object({
      clusterFrom: z
        .string()
        .optional()
        .describe(
          'Property of the form that holds the cluster; default `clusterName`',
        ),
      cluster: z
        .string()
        .optional()
        .describe('Id of the cluster, for forms that do not ask for it'),
    }),
});
