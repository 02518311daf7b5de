import { namespaceSchema } from 'backstage-plugin-eks-pod-identity-common';
import { follows } from '../validation';
import { EksNamespacePicker } from './EksNamespacePicker';
import { namespacePickerSchema } from './schema';

export const eksNamespacePicker = {
  name: 'EksNamespacePicker',
  component: EksNamespacePicker,
  schema: namespacePickerSchema,
  validation: follows(namespaceSchema, 'namespace.malformed'),
};
