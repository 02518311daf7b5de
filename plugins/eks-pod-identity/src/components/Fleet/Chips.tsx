import { ToggleButton, ToggleButtonGroup } from '@backstage/ui';
import type { ReactElement } from 'react';
import styles from './Fleet.module.css';

export interface Chip {
  id: string;
  label: string;
  count: number;
  icon?: ReactElement;
}

/** Counts that act as filters. The first is of all; of the others those are left out that have nothing. */
export function Chips({
  label,
  chips,
  chosen,
  hasCounts,
  onChoose,
}: {
  label: string;
  chips: Chip[];
  chosen: string;
  /** False while they are loaded. */
  hasCounts: boolean;
  onChoose: (id: string) => void;
}) {
  const [{ id: all }] = chips;
  return (
    <ToggleButtonGroup
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[chosen]}
      onSelectionChange={keys => onChoose(String([...keys][0] ?? all))}
      className={styles.chips}
    >
      {chips
        .filter(({ id, count }) => id === all || count > 0 || id === chosen)
        .map(({ id, label: text, count, icon }) => (
          <ToggleButton key={id} id={id} className={styles.chip}>
            {icon}
            {text}
            {hasCounts && (
              <span className={styles.chipCount}>{count.toLocaleString()}</span>
            )}
          </ToggleButton>
        ))}
    </ToggleButtonGroup>
  );
}
