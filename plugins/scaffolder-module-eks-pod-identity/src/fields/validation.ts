import type { CustomFieldValidator } from '@backstage/plugin-scaffolder-react';
import type { z } from 'zod/v3';

/** Refuses a value that the backend would refuse, before the form goes on. Empty values are for `required`. */
export function follows(
  rule: z.ZodType,
  subject: string,
): CustomFieldValidator<string> {
  return (value, field) => {
    if (!value) return;
    const { error } = rule.safeParse(value);
    if (error) field.addError(`${subject} ${error.issues[0].message}`);
  };
}
