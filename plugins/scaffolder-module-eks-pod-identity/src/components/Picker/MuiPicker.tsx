import CircularProgress from '@material-ui/core/CircularProgress';
import { makeStyles } from '@material-ui/core/styles';
import TextField from '@material-ui/core/TextField';
import Autocomplete, {
  AutocompleteRenderInputParams,
} from '@material-ui/lab/Autocomplete';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { matching, PickerChoice } from './PickerChoice';
import type { ThemedPickerProps, SinglePickerProps } from './types';

/** Refused choices stay readable: they are shown for the sake of the reason. */
export const useOptionStyles = makeStyles({
  option: {
    '&[aria-disabled="true"]': { opacity: 1, cursor: 'default' },
  },
});

/**
 * ARIA 1.2 puts the role on the text field; this version of Material UI puts it on a wrapper, which then has no name.
 */
export const unwrapped = {
  role: undefined,
  'aria-owns': undefined,
  'aria-expanded': undefined,
};

/** The text field of both pickers. */
export function MuiPickerInput(
  props: Pick<
    ThemedPickerProps,
    'label' | 'required' | 'rawErrors' | 'loading' | 'describedBy'
  > & {
    params: AutocompleteRenderInputParams;
    open: boolean;
    missing: boolean;
    /** True if the typed text is not accepted. */
    mistaken?: boolean;
    /** Why the form cannot continue with this text. */
    unfinished?: string;
  },
) {
  const { params, label, required, rawErrors, loading, open } = props;
  const { mistaken, unfinished = '' } = props;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.setCustomValidity(unfinished), [unfinished]);
  return (
    <TextField
      {...params}
      label={label}
      margin="dense"
      variant="outlined"
      required={required}
      error={mistaken || Boolean(rawErrors?.length)}
      inputRef={input}
      inputProps={{
        ...params.inputProps,
        role: 'combobox',
        'aria-expanded': open,
        'aria-haspopup': 'listbox',
        'aria-describedby': props.describedBy,
        'aria-busy': loading,
        // In a field with several values, chips hold the values
        required: required && props.missing,
      }}
      InputProps={{
        ...params.InputProps,
        endAdornment: (
          <>
            {loading && (
              <CircularProgress size={18} color="inherit" aria-hidden="true" />
            )}
            {params.InputProps.endAdornment}
          </>
        ),
      }}
    />
  );
}

/** A text field with choices, in the style of the scaffolder’s own pickers. */
export function MuiPicker(props: SinglePickerProps) {
  const { id, value, onChange, options, loading, freeText, disabled } = props;
  const { t } = useTexts();
  const classes = useOptionStyles();
  const [open, setOpen] = useState(false);
  // Only text typed since the last choice filters the list, not the current value
  const [typed, setTyped] = useState('');
  const byValue = useMemo(
    () => new Map(options.map(option => [option.value, option])),
    [options],
  );
  const labelOf = (item: string) => byValue.get(item)?.label ?? item;
  const [text, setText] = useState<string>();
  const values = useMemo(() => options.map(option => option.value), [options]);
  const listOpen = open && (values.length > 0 || loading);

  return (
    <Autocomplete<string, false, false, boolean>
      {...unwrapped}
      id={id}
      classes={classes}
      freeSolo={freeText}
      forcePopupIcon
      disabled={disabled}
      open={listOpen}
      onOpen={() => setOpen(true)}
      onClose={() => {
        setOpen(false);
        setTyped('');
        setText(undefined);
      }}
      loading={loading}
      loadingText={t('picker.loading')}
      noOptionsText={t('picker.none')}
      openText={t('picker.open')}
      closeText={t('picker.close')}
      clearText={t('picker.clear')}
      options={values}
      getOptionLabel={labelOf}
      getOptionSelected={(a, b) => a === b}
      getOptionDisabled={item => Boolean(byValue.get(item)?.refusal)}
      filterOptions={items =>
        items.filter(item => matching(byValue.get(item)!, typed))
      }
      renderOption={item => <PickerChoice option={byValue.get(item)!} />}
      value={value ?? null}
      inputValue={text ?? (value === undefined ? '' : labelOf(value))}
      onChange={(_event, chosen) => {
        setTyped('');
        setText(undefined);
        onChange(chosen ?? undefined);
      }}
      onInputChange={(_event, next, reason) => {
        if (reason !== 'input') {
          setText(undefined);
          return;
        }
        setTyped(next);
        if (freeText) onChange(next === '' ? undefined : next);
        else setText(next);
      }}
      onKeyDown={event => {
        // In an open list, Enter selects; with nothing to select it must not submit the form
        if (event.key === 'Enter' && listOpen && !freeText) {
          event.preventDefault();
        }
      }}
      renderInput={params => (
        <MuiPickerInput
          {...props}
          params={params}
          open={listOpen}
          missing={value === undefined}
        />
      )}
    />
  );
}
