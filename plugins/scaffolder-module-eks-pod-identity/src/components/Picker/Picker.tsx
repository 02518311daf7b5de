import type { Loaded } from '../../hooks/useLoaded';
import { useScaffolderTheme } from '../../scaffolder';
import { BuiPicker } from './BuiPicker';
import { Field } from './Field';
import { MuiPicker } from './MuiPicker';
import type { FieldFrame, PickerOption } from './types';

export interface PickerProps extends FieldFrame {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  options: PickerOption[];
  /** Where the options come from. If they cannot be loaded, any text can be typed. */
  source: Pick<Loaded<unknown>, 'loading' | 'error' | 'retry'>;
  freeText: boolean;
  /** What the user has to do first. */
  hint?: string;
  /** A remark about the value. */
  verdict?: string;
}

/** A text field with choices, in the style of its form. */
export function Picker(props: PickerProps) {
  const { source, hint, verdict, freeText, ...rest } = props;
  const theme = useScaffolderTheme();
  const ThemedPicker = theme === 'bui' ? BuiPicker : MuiPicker;
  return (
    <Field {...props}>
      {describedBy => (
        <ThemedPicker
          {...rest}
          loading={source.loading}
          freeText={freeText || source.error !== undefined}
          describedBy={describedBy}
        />
      )}
    </Field>
  );
}
