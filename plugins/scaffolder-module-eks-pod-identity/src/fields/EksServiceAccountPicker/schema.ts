import { makeFieldSchema } from '@backstage/plugin-scaffolder-react';

export const serviceAccountPickerSchema = makeFieldSchema({
  output: z => z.string().describe('Name of the service account'),
  uiOptions: z =>
    z.object({
      clusterFrom: z
        .string()
        .optional()
        .describe(
          'Property of the form that holds the cluster; default `clusterName`',
        ),
      namespaceFrom: z
        .string()
        .optional()
        .describe(
          'Property of the form that holds the namespace; default `namespace`',
        ),
      cluster: z
        .string()
        .optional()
        .describe('Id of the cluster, for forms that do not ask for it'),
      namespace: z
        .string()
        .optional()
        .describe('Namespace, for forms that do not ask for it'),
    }),
});
