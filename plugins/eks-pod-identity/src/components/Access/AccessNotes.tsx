import {
  ACCESS_NOTES,
  type AccessNote,
  type AccessNotes as Notes,
} from 'backstage-plugin-eks-pod-identity-common';
import { CopyButton } from '../Copy';
import styles from './Access.module.css';
import { useTexts } from '../../hooks/useTexts';

/** What is worth a look in the trust policies of a team, or of all, as one text to hand on. */
export function AccessNotes({ notes, of }: { notes: Notes; of?: string }) {
  const { t } = useTexts();
  const lines = (Object.keys(ACCESS_NOTES) as AccessNote[]).flatMap(note =>
    notes[note]
      ? t('accessProgress.note', {
          count: notes[note],
          says: ACCESS_NOTES[note],
        })
      : [],
  );
  if (lines.length === 0) return null;
  const title = of
    ? t('accessProgress.notesOf', { title: of })
    : t('accessProgress.notes');
  return (
    <details className={styles.notes}>
      <summary>{title}</summary>
      <ul>
        {lines.map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <CopyButton
        text={[title, ...lines.map(line => `- ${line}`)].join('\n')}
        label={t('accessProgress.copyNotes')}
      />
    </details>
  );
}
