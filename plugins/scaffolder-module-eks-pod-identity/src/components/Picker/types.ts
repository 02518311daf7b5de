/** One choice of a picker. */
export interface PickerOption {
  value: string;
  label: string;
  /** What else to know about it. */
  detail?: string;
  /** Why it cannot be chosen. */
  refusal?: string;
}

/** What a form gives to each of its fields. */
export interface FieldFrame {
  id: string;
  label: string;
  description?: string;
  required?: boolean;
  disabled?: boolean;
  rawErrors?: string[];
}

/** What every look of a picker gets. */
export interface PickerLookProps extends FieldFrame {
  options: PickerOption[];
  loading: boolean;
  /** Ids of the elements that say more about it. */
  describedBy?: string;
}

export interface SingleLookProps extends PickerLookProps {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  /** True when also what is not listed can be typed. */
  freeText: boolean;
}
