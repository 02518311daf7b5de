import { IamRolePicker } from './IamRolePicker';
import { rolePickerSchema } from './schema';

export const iamRolePicker = {
  name: 'IamRolePicker',
  component: IamRolePicker,
  schema: rolePickerSchema,
};
