import { Combobox } from '@backstage/ui';
import { useEffect, useState } from 'react';
import type { SinglePickerProps } from './types';

/** A text field with choices, for forms in the style of Backstage UI. */
export function BuiPicker(props: SinglePickerProps) {
  const { value, onChange, options, freeText, rawErrors } = props;
  const label = options.find(option => option.value === value)?.label;
  const shown = label ?? value ?? '';
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);

  return (
    <Combobox
      id={props.id}
      label={props.label}
      isRequired={props.required}
      isDisabled={props.disabled}
      isInvalid={Boolean(rawErrors?.length)}
      menuTrigger="focus"
      allowsCustomValue={freeText}
      aria-describedby={props.describedBy}
      loading={{ state: props.loading ? 'loading' : 'idle' }}
      options={options.map(option => ({
        value: option.value,
        label: option.refusal
          ? `${option.label} – ${option.refusal}`
          : option.label,
        disabled: Boolean(option.refusal),
      }))}
      inputValue={text}
      onInputChange={next => {
        setText(next);
        if (freeText && next !== shown) onChange(next || undefined);
      }}
      selectedKey={label === undefined ? null : value}
      onSelectionChange={key => {
        // Without a key, the typed text is already the value
        if (key !== null) onChange(String(key));
      }}
    />
  );
}
