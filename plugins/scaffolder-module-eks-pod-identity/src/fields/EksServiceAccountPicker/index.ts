import { serviceAccountSchema } from 'backstage-plugin-eks-pod-identity-common';
import { follows } from '../validation';
import { EksServiceAccountPicker } from './EksServiceAccountPicker';
import { serviceAccountPickerSchema } from './schema';

export const eksServiceAccountPicker = {
  name: 'EksServiceAccountPicker',
  component: EksServiceAccountPicker,
  schema: serviceAccountPickerSchema,
  validation: follows(serviceAccountSchema, 'serviceAccount.malformed'),
};
