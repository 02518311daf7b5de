import { associateInputShape } from 'backstage-plugin-eks-pod-identity-common';
import type { CustomFieldValidator } from '@backstage/plugin-scaffolder-react';
import { translated } from '../translated';
import { IamPolicyPicker } from './IamPolicyPicker';
import { policyPickerSchema } from './schema';

/** Refuses values that are not ARNs of policies before the form continues. */
const validation: CustomFieldValidator<string[]> = async (
  values,
  field,
  { apiHolder },
) => {
  const { error } = associateInputShape.managedPolicyArns.safeParse(
    values ?? undefined,
  );
  if (!error) return;
  const t = await translated(apiHolder);
  const malformed = new Set<string>();
  for (const issue of error.issues) {
    const [index] = issue.path;
    if (typeof index === 'number') malformed.add(values[index]);
    else if (issue.code === 'too_big') {
      field.addError(t('policy.tooMany', { maximum: String(issue.maximum) }));
    } else field.addError(issue.message);
  }
  for (const value of malformed) {
    field.addError(t('policy.malformed', { value }));
  }
};

export const iamPolicyPicker = {
  name: 'IamPolicyPicker',
  component: IamPolicyPicker,
  schema: policyPickerSchema,
  validation,
};
