import type {
  AccessFinding,
  AccessNote,
  AccessProgram,
  AccessRow,
  AccessSearch,
  AccessSharer,
  ClusterAccess,
} from '../vocabulary/access';
import { type AccessMove, mayMove } from '../vocabulary/accessMove';
import {
  ACCESS_NOTES,
  ACCESS_ROADS,
  ACCESS_VERDICT_ORDER,
  ACCESS_VERDICTS,
  accessNotesOf,
  accessProgress,
} from '../vocabulary/accessWords';
import { type CsvColumn, toCsv } from './csv';
import { codeBlock } from './codeBlock';
import { escapeMarkdown } from './reportMarkdown';
import { nodeGroupLines, nodeGroupSection } from './nodeGroupForms';
import { plainText } from './plainText';

/** Names that a note gives of those that have it. */
const MOST_NAMES = 5;

const nameOf = ({ ref }: AccessRow) => `${ref.namespace}/${ref.serviceAccount}`;

const programName = ({
  name = 'a program without a known SDK',
  version,
}: AccessProgram) => (version ? `${name} ${version}` : name);

const sharerName = ({ name, issuer }: AccessSharer) =>
  issuer ? `${name} of ${issuer}` : name;

const roadsOf = ({ roads }: AccessRow) =>
  roads.map(road => ACCESS_ROADS[road]).join(', ');

const makerOf = ({ role }: AccessRow) =>
  role?.maker &&
  `${role.maker}${role.makerBy === 'name' ? ' by its name' : ''}`;

/** In a portal, where its move stands. */
type Moved = AccessRow & { move?: AccessMove };

const COLUMNS: CsvColumn<Moved>[] = [
  ['cluster', ({ ref }) => ref.cluster],
  ['namespace', ({ ref }) => ref.namespace],
  ['serviceAccount', ({ ref }) => ref.serviceAccount],
  ['roads', ({ roads }) => roads.join(' ')],
  ['verdict', ({ verdict }) => verdict],
  ['finding', ({ sentence }) => sentence],
  ['further', ({ reasons }) => reasons.join(' ')],
  ['faults', ({ findings }) => findings?.map(({ kind }) => kind).join(' ')],
  ['role', ({ role }) => role?.arn],
  ['madeBy', makerOf],
  ['trust', ({ role }) => role?.shapes?.join(' ')],
  ['statement', ({ statement }) => statement && JSON.stringify(statement)],
  ['sharedWith', ({ role }) => role?.sharedWith?.map(sharerName).join(' ')],
  ['workloads', ({ workloads }) => workloads.join(', ')],
  ['pods', ({ pods }) => String(pods)],
  ['compute', ({ compute }) => compute.join(' ')],
  ['programs', ({ programs }) => programs?.map(programName).join(', ')],
  ['byIrsaAt', ({ irsaAt }) => irsaAt],
  ['refusedAt', ({ refusedAt }) => refusedAt],
  ['roleLastUsedAt', ({ role }) => role?.lastUsedAt],
  ['move', ({ move }) => move?.state],
  ['moveStage', ({ move }) => move?.stage],
  ['moveSince', ({ move }) => move?.since],
];

/** All rows as CSV, RFC 4180; a portal knows further columns. @public */
export const accessCsv = <Row extends Moved>(
  rows: readonly Row[],
  further: readonly CsvColumn<Row>[] = [],
): string => toCsv<Row>([...COLUMNS, ...further], rows);

/** What needs a person first, then by name. @public */
export function inOrderOfVerdict(rows: readonly AccessRow[]): AccessRow[] {
  const rank = ({ verdict }: AccessRow) =>
    ACCESS_VERDICT_ORDER.indexOf(verdict);
  return [...rows].sort(
    (one, other) =>
      rank(one) - rank(other) || (nameOf(one) < nameOf(other) ? -1 : 1),
  );
}

function progressLine(rows: readonly AccessRow[]): string {
  const { byPodIdentity, total } = accessProgress(rows);
  return total === 0
    ? 'No service account was seen to have an AWS identity.'
    : `${byPodIdentity} of ${total} service accounts with an AWS identity go by Pod Identity.`;
}

/** How many rows have each verdict: `3 Ready · 1 Blocked`. */
function countsLine(rows: readonly AccessRow[]): string {
  return ACCESS_VERDICT_ORDER.flatMap(verdict => {
    const count = rows.filter(row => row.verdict === verdict).length;
    return count ? [`${count} ${ACCESS_VERDICTS[verdict].word}`] : [];
  }).join(' · ');
}

/** What is worth a look in trust policies: one line for all that have it. */
const noteLines = (rows: readonly AccessRow[]): string[] =>
  (Object.keys(ACCESS_NOTES) as AccessNote[]).flatMap(note => {
    const having = rows.filter(row => accessNotesOf(row).includes(note));
    const names = having.slice(0, MOST_NAMES).map(nameOf).join(', ');
    const left = having.length - MOST_NAMES;
    return having.length
      ? [
          `${having.length} (${names}${left > 0 ? ` and ${left} more` : ''}): ${
            ACCESS_NOTES[note]
          }`,
        ]
      : [];
  });

const searchedLine = (searched: readonly AccessSearch[]): string =>
  `Calls by IRSA were read ${searched
    .map(({ region, since }) => `since ${since} in ${region}`)
    .join(', ')}.`;

/** A fix, its commands at last. */
const fixLines = ({ fix }: AccessFinding): string[] => [
  fix.cause,
  ...fix.actions.map(action => `- ${action}`),
  ...(fix.snippet?.text.split('\n') ?? []).map(line => `    ${line}`),
];

function detailsOf(row: AccessRow): string[] {
  const { role, workloads, compute, programs = [], pods } = row;
  const running = pods === 1 ? '1 pod' : `${pods} pods`;
  return [
    ...(role
      ? [
          `role ${role.arn}${makerOf(row) ? `, made by ${makerOf(row)}` : ''}${
            role.sharedWithCount
              ? `, shared with ${role.sharedWithCount} more`
              : ''
          }`,
        ]
      : []),
    ...(workloads.length
      ? [
          `${workloads.join(', ')}: ${running}${
            compute.length ? ` on ${compute.join(', ')}` : ''
          }`,
        ]
      : []),
    ...(programs.length
      ? [
          `${
            row.irsaAt || !row.refusedAt ? 'asks' : 'is refused by AWS, asking'
          } by IRSA with ${programs.map(programName).join(', ')}`,
        ]
      : []),
    ...row.reasons,
    ...(role?.trustReasons ?? []),
    ...(row.statement
      ? [
          `its trust policy takes one more statement: ${JSON.stringify(
            row.statement,
          )}`,
        ]
      : []),
    ...(row.findings ?? []).flatMap(fixLines),
  ];
}

/** For a terminal. @public */
export function renderAccessText({
  rows,
  nodeGroups = [],
  gaps,
  searched,
}: ClusterAccess): string {
  const ordered = inOrderOfVerdict(rows);
  const width =
    Math.max(
      0,
      ...ordered.map(({ verdict }) => ACCESS_VERDICTS[verdict].word.length),
    ) + 2;
  const indent = ' '.repeat(width);
  const lines = ordered.flatMap(row => [
    `${ACCESS_VERDICTS[row.verdict].word.padEnd(width)}${nameOf(
      row,
    )} (${roadsOf(row)})`,
    `${indent}${row.sentence}`,
    ...detailsOf(row).map(line => `${indent}  ${line}`),
  ]);
  const notes = noteLines(rows);
  const missing = gaps.flatMap(({ sentence, costs }) => [
    `? ${sentence}`,
    `  ${costs}`,
  ]);
  const acting = nodeGroupLines(nodeGroups);
  return `${[
    ...lines,
    ...(lines.length ? [''] : []),
    ...acting,
    ...(acting.length ? [''] : []),
    ...missing,
    ...(missing.length ? [''] : []),
    ...(notes.length ? ['Worth a look in trust policies:'] : []),
    ...notes.map(note => `- ${note}`),
    ...(notes.length ? [''] : []),
    progressLine(rows),
    ...(rows.length ? [countsLine(rows)] : []),
    ...(rows.some(mayMove)
      ? [
          '"eks-pod-identity plan --move NAMESPACE/NAME" prints how one of them moves, stage by stage, and the way back.',
        ]
      : []),
    ...(searched ? [searchedLine(searched)] : []),
  ]
    .map(plainText)
    .join('\n')}\n`;
}

const fixSection = (row: AccessRow, { fix }: AccessFinding): string[] => [
  '',
  `## ${escapeMarkdown(nameOf(row))}`,
  '',
  escapeMarkdown(fix.cause),
  '',
  ...fix.actions.map(action => `- ${escapeMarkdown(action)}`),
  ...(fix.snippet
    ? ['', ...codeBlock(fix.snippet.language, fix.snippet.text)]
    : []),
];

/** For a pull request or a wiki. @public */
export function renderAccessMarkdown({
  rows,
  nodeGroups = [],
  gaps,
  cluster,
  at,
}: ClusterAccess): string {
  const notes = noteLines(rows);
  const cells = (texts: readonly string[]) =>
    `| ${texts.map(escapeMarkdown).join(' | ')} |`;
  return `${[
    `# All AWS access of ${escapeMarkdown(cluster)}`,
    '',
    `${progressLine(rows)} ${countsLine(rows)}`.trim(),
    '',
    ...(rows.length
      ? [
          '| service account | by | verdict | finding | role | programs |',
          '| --- | --- | --- | --- | --- | --- |',
        ]
      : []),
    ...inOrderOfVerdict(rows).map(row =>
      cells([
        nameOf(row),
        roadsOf(row),
        ACCESS_VERDICTS[row.verdict].word,
        row.sentence,
        row.role?.arn ?? '',
        (row.programs ?? []).map(programName).join(', '),
      ]),
    ),
    ...inOrderOfVerdict(rows).flatMap(row =>
      (row.findings ?? []).flatMap(finding => fixSection(row, finding)),
    ),
    ...(notes.length ? ['', '## Worth a look in trust policies', ''] : []),
    ...notes.map(note => `- ${escapeMarkdown(note)}`),
    ...nodeGroupSection(nodeGroups),
    ...(gaps.length ? ['', 'Not read:', ''] : []),
    ...gaps.map(
      ({ sentence, costs }) => `- ${escapeMarkdown(`${sentence} ${costs}`)}`,
    ),
    '',
    `As of ${escapeMarkdown(at)}.`,
  ].join('\n')}\n`;
}
