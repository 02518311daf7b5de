import { capitalised } from 'backstage-plugin-eks-pod-identity-common';
import { Sentence } from './Sentence';
import styles from './Sentence.module.css';

/** A sentence of the backend in a list: as much of it as two lines hold, and the whole on hover. */
export function TwoLines({ children }: { children: string }) {
  const text = capitalised(children);
  return (
    <span className={styles.twoLines} title={text}>
      <Sentence>{text}</Sentence>
    </span>
  );
}
