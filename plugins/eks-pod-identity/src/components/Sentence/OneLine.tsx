import { capitalised } from 'backstage-plugin-eks-pod-identity-common';
import { Sentence } from './Sentence';
import styles from './Sentence.module.css';

/** A sentence of the backend in a list: as much of it as one line holds, and the whole under the pointer. */
export function OneLine({ children }: { children: string }) {
  const text = capitalised(children);
  return (
    <span className={styles.oneLine} title={text}>
      <Sentence>{text}</Sentence>
    </span>
  );
}
