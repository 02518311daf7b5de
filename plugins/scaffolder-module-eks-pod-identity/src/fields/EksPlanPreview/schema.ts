import { makeFieldSchema } from '@backstage/plugin-scaffolder-react';

export const planPreviewSchema = makeFieldSchema({
  output: z =>
    z
      .object({
        target: z.string().describe('Service account for which it was chosen'),
        roleArn: z
          .string()
          .optional()
          .describe('Role of an association that is to stay as it is'),
        replaceRole: z
          .literal(true)
          .optional()
          .describe('The association is to get the role of this run'),
        createServiceAccount: z
          .literal('always')
          .optional()
          .describe('The service account is to be created in any case'),
      })
      .nullable()
      .describe('What the user chose where the plan leaves a choice'),
  uiOptions: z =>
    z.object({
      kind: z
        .enum(['associate', 'teardown'])
        .optional()
        .describe('What the template does; default `associate`'),
      input: z
        .record(
          z.union([
            z.string().describe('Property of the form that holds the value'),
            z.object({
              from: z
                .string()
                .describe('Property of the form that holds the value'),
              when: z
                .record(z.union([z.string(), z.number(), z.boolean()]))
                .optional()
                .describe(
                  'Values that other properties must have; otherwise this input is left out',
                ),
            }),
            z.object({
              value: z.unknown().describe('A fixed value'),
            }),
          ]),
        )
        .optional()
        .describe(
          'Where each input of the action comes from; default for clusterName, namespace, serviceAccount and entityRef: the property of that name',
        ),
    }),
});

/** Where one input of the action comes from. */
export type InputSource =
  | string
  | { from: string; when?: Record<string, string | number | boolean> }
  | { value?: unknown };

/** What a template says about the preview. */
export type PlanPreviewOptions = NonNullable<
  (typeof planPreviewSchema)['uiOptionsType']
>;
