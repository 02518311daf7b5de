export { Picker } from './Picker';
export { PoliciesPicker } from './PoliciesPicker';
export type { PickerOption } from './types';
