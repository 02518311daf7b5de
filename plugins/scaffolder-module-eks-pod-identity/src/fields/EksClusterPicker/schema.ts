import { makeFieldSchema } from '@backstage/plugin-scaffolder-react';

export const clusterPickerSchema = makeFieldSchema({
  output: z => z.string().describe('Id of the cluster'),
  uiOptions: z =>
    z.object({
      access: z
        .enum(['create', 'read'])
        .optional()
        .describe(
          'What the user wants to do on the cluster. With `create`, clusters on which they are not allowed to give an identity cannot be chosen; default `read`',
        ),
    }),
});
