import styles from './Name.module.css';

/**
 * The name of a resource, shortened in the middle where it has no room: its end tells it from its neighbours. Read aloud
 * and copied it is whole.
 */
export function Name({ children: name }: { children: string }) {
  const end = Math.max(name.length - 8, Math.ceil(name.length / 2));
  return (
    <span className={styles.name} title={name}>
      <span className={styles.whole}>{name}</span>
      <span className={styles.start} aria-hidden="true">
        {name.slice(0, end)}
      </span>
      <span className={styles.end} aria-hidden="true">
        {name.slice(end)}
      </span>
    </span>
  );
}
