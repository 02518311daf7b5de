import { makeFieldSchema } from '@backstage/plugin-scaffolder-react';

export const planPreviewSchema = makeFieldSchema({
  output: z => z.null().describe('The field has no value'),
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
