import { EksClusterPicker } from './EksClusterPicker';
import { clusterPickerSchema } from './schema';

export const eksClusterPicker = {
  name: 'EksClusterPicker',
  component: EksClusterPicker,
  schema: clusterPickerSchema,
};
