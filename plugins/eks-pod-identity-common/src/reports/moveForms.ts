import type { MoveBack, MovePlan, MoveStage } from '../vocabulary/accessMove';
import { ACCESS_VERDICTS } from '../vocabulary/accessWords';
import { plainText } from './plainText';

const STATES: Record<MoveStage['state'], string> = {
  done: 'done',
  'to-do': 'to do',
  'left-out': 'left out',
};

/** Commands to copy, between empty lines. */
const block = (commands: string | undefined) =>
  commands
    ? ['', ...commands.split('\n').map(line => `       ${line}`), '']
    : [];

const said = (notes: readonly string[]) => notes.map(note => `   ${note}`);

const stageLines = (
  { title, state, notes, commands, statements, until }: MoveStage,
  number: number,
  isNext: boolean,
) => [
  '',
  `${number}. ${title} (${STATES[state]}${isNext ? ', next' : ''})`,
  ...said(notes),
  ...block(commands),
  ...block(statements && JSON.stringify(statements, null, 2)),
  ...(until ? [`   Until: ${until}`] : []),
];

const backLines = ({ possible, notes, before, commands, again }: MoveBack) => [
  '',
  possible ? 'The way back' : 'No way back',
  ...said(notes),
  ...(before ? ['   First, while its pods work by Pod Identity:'] : []),
  ...block(before),
  ...(before ? ['   Then:'] : []),
  ...block(commands),
  ...(again ? ['   The association again:'] : []),
  ...block(again),
];

/** The stages of a move for a terminal, each with its commands. @public */
export function renderMovePlan(plan: MovePlan): string {
  const { ref, verdict, sentence, reasons, role, before, stages, back } = plan;
  const next = stages.find(({ state }) => state === 'to-do');
  const lines = [
    `${ref.namespace}/${ref.serviceAccount}: ${ACCESS_VERDICTS[verdict].word}`,
    ...[sentence, ...reasons, ...(role?.trustReasons ?? [])].map(
      one => `  ${one}`,
    ),
    ...(stages.length ? [] : ['', 'No stages: nothing is moved as it stands.']),
    ...(before
      ? [
          '',
          'Before you begin',
          ...said(before.notes),
          ...block(before.commands),
        ]
      : []),
    ...stages.flatMap((stage, index) =>
      stageLines(stage, index + 1, stage === next),
    ),
    ...(back ? backLines(back) : []),
  ];
  return `${lines.map(plainText).join('\n')}\n`;
}
