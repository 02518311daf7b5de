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
  /** Where the options come from. While they cannot be loaded, anything can be typed. */
  source: Pick<Loaded<unknown>, 'loading' | 'error' | 'retry'>;
  freeText: boolean;
  /** What has to be done first. */
  hint?: string;
  /** Something to know about the value. */
  verdict?: string;
}

/** A text with choices, in the look of the form it is in. */
export function Picker(props: PickerProps) {
  const { source, hint, verdict, freeText, ...rest } = props;
  const theme = useScaffolderTheme();
  const Look = theme === 'bui' ? BuiPicker : MuiPicker;
  return (
    <Field {...props}>
      {describedBy => (
        <Look
          {...rest}
          loading={source.loading}
          freeText={freeText || source.error !== undefined}
          describedBy={describedBy}
        />
      )}
    </Field>
  );
}
