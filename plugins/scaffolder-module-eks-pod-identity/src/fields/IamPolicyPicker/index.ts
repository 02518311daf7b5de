import { associateInputShape } from 'backstage-plugin-eks-pod-identity-common';
import type { CustomFieldValidator } from '@backstage/plugin-scaffolder-react';
import { IamPolicyPicker } from './IamPolicyPicker';
import { policyPickerSchema } from './schema';

/** Refuses what is no ARN of a policy, before the form goes on. */
const validation: CustomFieldValidator<string[]> = (values, field) => {
  const { error } = associateInputShape.managedPolicyArns.safeParse(
    values ?? undefined,
  );
  for (const { path, message } of error?.issues ?? []) {
    const [index] = path;
    field.addError(
      typeof index === 'number' ? `“${values[index]}” ${message}` : message,
    );
  }
};

export const iamPolicyPicker = {
  name: 'IamPolicyPicker',
  component: IamPolicyPicker,
  schema: policyPickerSchema,
  validation,
};
