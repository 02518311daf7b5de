import { MarkdownContent } from '@backstage/core-components';
import { Button } from '@backstage/ui';
import {
  RiAlertLine,
  RiErrorWarningLine,
  RiInformationLine,
} from '@remixicon/react';
import { ReactNode } from 'react';
import { sentenceOf } from '../../api/problems';
import type { Loaded } from '../../hooks/useLoaded';
import { useSettled } from '../../hooks/useSettled';
import { ScaffolderField } from '../../scaffolder';
import { useTexts } from '../../hooks/useTexts';
import styles from './Picker.module.css';
import type { FieldFrame } from './types';

/**
 * Messages do not appear while the user is typing, nor at the moment the field loses focus: the form would move, and a
 * click on its button would miss.
 */
const VERDICT_DELAY_MS = 700;

export interface FieldProps extends FieldFrame {
  source: Pick<Loaded<unknown>, 'error' | 'retry'>;
  /** What the user has to do first. */
  hint?: string;
  /** A remark about the value. */
  verdict?: string;
  /** Why the typed text is not accepted. */
  mistake?: string;
  /** What to do if the choices cannot be loaded. */
  withoutChoices?: 'picker.typed' | 'picker.typedArn';
  children: (describedBy: string) => ReactNode;
}

/** The frame of every field: its description, a hint, and why its choices could not be loaded. */
export function Field(props: FieldProps) {
  const { id, description, required, disabled, rawErrors, source } = props;
  const { withoutChoices = 'picker.typed' } = props;
  const { t } = useTexts();
  const problem =
    source.error === undefined ? undefined : sentenceOf(source.error, t);
  const about = `${id}__about`;
  const verdict = useSettled(props.verdict, VERDICT_DELAY_MS);
  const mistake = useSettled(props.mistake, VERDICT_DELAY_MS);
  const hint = props.hint ?? verdict;
  return (
    <ScaffolderField
      required={required}
      disabled={disabled}
      rawErrors={rawErrors}
      help={
        <>
          <div id={about} className={styles.about}>
            {description && (
              <MarkdownContent
                content={description}
                linkTarget="_blank"
                className={styles.description}
              />
            )}
            <div role="status">
              {mistake && (
                <p className={styles.note} data-tone="danger">
                  <RiErrorWarningLine size={16} aria-hidden="true" />
                  <span>{mistake}</span>
                </p>
              )}
              {problem ? (
                <p className={styles.note} data-tone="warning">
                  <RiAlertLine size={16} aria-hidden="true" />
                  <span>{t(withoutChoices, { reason: problem })}</span>
                </p>
              ) : (
                hint && (
                  <p className={styles.note}>
                    <RiInformationLine size={16} aria-hidden="true" />
                    <span>{hint}</span>
                  </p>
                )
              )}
            </div>
          </div>
          {problem && (
            <div className={styles.retry}>
              <Button size="small" variant="secondary" onPress={source.retry}>
                {t('picker.retry')}
              </Button>
            </div>
          )}
        </>
      }
    >
      {/* The form renders errors and help with these ids */}
      {props.children(`${id}__error ${about} ${id}__help`)}
    </ScaffolderField>
  );
}
