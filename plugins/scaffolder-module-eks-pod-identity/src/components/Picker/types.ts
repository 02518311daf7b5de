/** One choice of a picker. */
export interface PickerOption {
  value: string;
  label: string;
  /** More information about it. */
  detail?: string;
  /** Why it cannot be chosen. */
  refusal?: string;
}

/** The props that a form gives to each of its fields. */
export interface FieldFrame {
  id: string;
  label: string;
  description?: string;
  required?: boolean;
  disabled?: boolean;
  rawErrors?: string[];
}

/** The props of every picker, whatever the style of the form. */
export interface ThemedPickerProps extends FieldFrame {
  options: PickerOption[];
  loading: boolean;
  /** Ids of the elements that describe it. */
  describedBy?: string;
}

export interface SinglePickerProps extends ThemedPickerProps {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  /** True if text that is not listed can be typed. */
  freeText: boolean;
}
