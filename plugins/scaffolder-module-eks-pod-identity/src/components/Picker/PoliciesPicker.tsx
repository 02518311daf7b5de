import Chip from '@material-ui/core/Chip';
import Autocomplete from '@material-ui/lab/Autocomplete';
import { useEffect, useMemo, useState } from 'react';
import type { Loaded } from '../../hooks/useLoaded';
import { useTexts } from '../../hooks/useTexts';
import { Field } from './Field';
import { MuiPickerInput, unwrapped, useOptionStyles } from './MuiPicker';
import { matching, PickerChoice } from './PickerChoice';
import { policyOf, refusedOf } from './typedPolicy';
import type { FieldFrame, PickerOption } from './types';

export interface PoliciesPickerProps extends FieldFrame {
  values: string[];
  onChange: (values: string[]) => void;
  options: PickerOption[];
  source: Pick<Loaded<unknown>, 'loading' | 'error' | 'retry'>;
  verdict?: string;
}

/** Several policies, as chips; the ARN of an unlisted policy can be typed. */
export function PoliciesPicker(props: PoliciesPickerProps) {
  const { id, values, onChange, options, source, disabled } = props;
  const { t } = useTexts();
  const classes = useOptionStyles();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  // True while the field contains text that is no policy and has lost the focus
  const [isLeft, setIsLeft] = useState(false);
  const byValue = useMemo(
    () => new Map(options.map(option => [option.value, option])),
    [options],
  );
  const listed = useMemo(() => options.map(option => option.value), [options]);
  const optionOf = (value: string): PickerOption =>
    byValue.get(value) ?? { value, label: nameOf(value) };
  const listOpen = open && (listed.length > 0 || source.loading);
  const typed = text.trim();
  const policy = policyOf(typed, options);
  const unfinished = typed === '' ? undefined : reasonAgainst(typed);
  const mistake = isLeft && !policy ? unfinished : undefined;

  function reasonAgainst(name: string): string {
    const refused = refusedOf(name, options);
    if (refused) return `${refused.label}: ${refused.refusal}`;
    return listed.length > 0
      ? t('policy.notChosen', { text: name })
      : t('policy.notChosenWithoutList', { text: name });
  }
  function edit(next: string) {
    setText(next);
    setIsLeft(false);
  }
  function takeTyped() {
    if (policy) onChange([...new Set([...values, policy])]);
    if (policy || typed === '') edit('');
    else setIsLeft(true);
  }
  useEffect(() => {
    // A list that loads late may contain the name that was left in the field
    if (isLeft && policy) takeTyped();
  });

  return (
    <Field {...props} mistake={mistake} withoutChoices="picker.typedArn">
      {describedBy => (
        <Autocomplete<string, true, false, true>
          {...unwrapped}
          id={id}
          classes={classes}
          multiple
          freeSolo
          forcePopupIcon
          filterSelectedOptions
          disabled={disabled}
          open={listOpen}
          onOpen={() => setOpen(true)}
          onClose={() => setOpen(false)}
          loading={source.loading}
          loadingText={t('picker.loading')}
          openText={t('picker.open')}
          closeText={t('picker.close')}
          clearText={t('picker.clear')}
          options={listed}
          getOptionDisabled={item => Boolean(optionOf(item).refusal)}
          filterOptions={items =>
            items.filter(item => matching(optionOf(item), typed))
          }
          renderOption={item => <PickerChoice option={optionOf(item)} />}
          renderTags={(items, tagProps) =>
            items.map((item, index) => (
              <Chip
                {...tagProps({ index })}
                key={item}
                size="small"
                label={optionOf(item).label}
                title={item}
              />
            ))
          }
          value={values}
          inputValue={text}
          onChange={(_event, next, reason) => {
            if (reason === 'create-option') {
              takeTyped();
              return;
            }
            if (reason !== 'remove-option') edit('');
            onChange(next);
          }}
          onInputChange={(_event, next, reason) => {
            if (reason === 'input') edit(next);
          }}
          onBlur={takeTyped}
          onKeyDown={event => {
            // In an open list, Enter selects; with nothing to select it must not submit the form
            if (event.key === 'Enter' && listOpen) event.preventDefault();
          }}
          renderInput={params => (
            <MuiPickerInput
              {...props}
              params={params}
              loading={source.loading}
              describedBy={describedBy}
              open={listOpen}
              missing={values.length === 0}
              mistaken={mistake !== undefined}
              unfinished={unfinished}
            />
          )}
        />
      )}
    </Field>
  );
}

/** The last part of an ARN. */
function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
