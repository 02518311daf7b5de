import { makeFieldSchema } from '@backstage/plugin-scaffolder-react';

export const rolePickerSchema = makeFieldSchema({
  output: z => z.string().describe('ARN of the role'),
});
