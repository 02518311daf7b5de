import type { CustomFieldValidator } from '@backstage/plugin-scaffolder-react';
import type { z } from 'zod/v3';
import { translated } from './translated';

/** Refuses a value that the backend would refuse before the form continues. Empty values are left to `required`. */
export function follows(
  rule: z.ZodType,
  sentence: 'namespace.malformed' | 'serviceAccount.malformed',
): CustomFieldValidator<string> {
  return async (value, field, { apiHolder }) => {
    if (!value || rule.safeParse(value).success) return;
    const t = await translated(apiHolder);
    field.addError(t(sentence));
  };
}
