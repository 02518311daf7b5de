import styles from './Picker.module.css';
import type { PickerOption } from './types';

/** One choice in an open list. */
export function PickerChoice({ option }: { option: PickerOption }) {
  const detail = option.refusal ?? option.detail;
  return (
    <span className={styles.option}>
      <span className={option.refusal && styles.refused}>{option.label}</span>
      {detail && <span className={styles.detail}>{detail}</span>}
    </span>
  );
}

/** True if the choice contains every word of the typed text. */
export function matching(option: PickerOption, typed: string): boolean {
  const text = [option.label, option.value, option.detail]
    .join(' ')
    .toLocaleLowerCase('en-US');
  return typed
    .toLocaleLowerCase('en-US')
    .split(/\s+/)
    .every(word => text.includes(word));
}
