import type { MovePlan, MoveStage } from '../vocabulary/accessMove';
import { ACCESS_VERDICTS } from '../vocabulary/accessWords';
import { plainText } from './plainText';

const STATES: Record<MoveStage['state'], string> = {
  done: 'done',
  'to-do': 'to do',
  'left-out': 'left out',
};

const indented = (text: string, by: string) =>
  text.split('\n').map(line => `${by}${line}`);

/** The stages of a move for a terminal, each with its commands. @public */
export function renderMovePlan(plan: MovePlan): string {
  const { ref, verdict, sentence, reasons, role, stages, back } = plan;
  const next = stages.find(({ state }) => state === 'to-do');
  const lines = [
    `${ref.namespace}/${ref.serviceAccount}: ${ACCESS_VERDICTS[verdict].word}`,
    ...[sentence, ...reasons, ...(role?.trustReasons ?? [])].map(
      one => `  ${one}`,
    ),
    ...(stages.length ? [] : ['', 'No stages: nothing is moved as it stands.']),
    ...stages.flatMap((stage, index) => [
      '',
      `${index + 1}. ${stage.title} (${STATES[stage.state]}${
        stage === next ? ', next' : ''
      })`,
      ...stage.notes.map(note => `   ${note}`),
      ...(stage.commands
        ? ['', ...indented(stage.commands, '       '), '']
        : []),
      ...(stage.until ? [`   Until: ${stage.until}`] : []),
    ]),
    ...(back
      ? [
          '',
          back.possible ? 'The way back' : 'No way back',
          ...back.notes.map(note => `   ${note}`),
          ...(back.commands ? ['', ...indented(back.commands, '       ')] : []),
        ]
      : []),
  ];
  return `${lines.map(plainText).join('\n')}\n`;
}
