import type {
  AccessNodeCandidate,
  AccessNodeGroup,
  AccessNodeProgram,
} from '../vocabulary/accessNodes';
import { nodeGroupName } from '../vocabulary/accessWords';
import { escapeMarkdown } from './reportMarkdown';

const HEADING = 'Who acts as the nodes';
/** What no search can tell. */
const NODE_USE_LIMITS =
  'Calls by SDKs for Go and Rust and by the AWS CLI are left out, because components of nodes make the same; reads and writes of objects are not in the event history.';

const programLine = ({ name, version, lastAt, calls }: AccessNodeProgram) =>
  `${[name, version].filter(Boolean).join(' ')}: ${calls.join(
    ', ',
  )}, last at ${lastAt}`;

const candidateName = ({
  namespace,
  workload,
  hostNetwork,
}: AccessNodeCandidate) =>
  `${namespace}/${workload}${hostNetwork ? ' (network of the node)' : ''}`;

/** Candidates that are named. */
const MOST_NAMES = 10;

/** Details of a group as whose nodes a program acts; of another one the sentence says all. */
function detailsOf({
  roles,
  programs,
  candidates: all = [],
  candidateCount = 0,
  leftOut,
}: AccessNodeGroup): string[] {
  if (programs.length === 0) return [];
  const candidates = all.slice(0, MOST_NAMES);
  const further = candidateCount - candidates.length;
  return [
    `role ${roles.join(', ')}`,
    ...programs.map(programLine),
    ...(candidates.length
      ? [
          `may be one of: ${candidates.map(candidateName).join(', ')}${
            further ? ` and ${further} more` : ''
          }`,
        ]
      : []),
    ...(leftOut
      ? [
          leftOut === 1
            ? 'one DaemonSet of kube-system is left out, which belongs to the node'
            : `${leftOut} DaemonSets of kube-system are left out, which belong to the node`,
        ]
      : []),
  ];
}

/** Lines for a terminal. */
export function nodeGroupLines(groups: readonly AccessNodeGroup[]): string[] {
  if (groups.length === 0) return [];
  return [
    `${HEADING}:`,
    ...groups.flatMap(group => [
      `  ${nodeGroupName(group)}: ${group.sentence}`,
      ...detailsOf(group).map(line => `    ${line}`),
    ]),
    `  ${NODE_USE_LIMITS}`,
  ];
}

/** A section of Markdown. */
export function nodeGroupSection(groups: readonly AccessNodeGroup[]): string[] {
  if (groups.length === 0) return [];
  return [
    '',
    `## ${HEADING}`,
    '',
    ...groups.flatMap(group => [
      `- **${escapeMarkdown(nodeGroupName(group))}**: ${escapeMarkdown(
        group.sentence,
      )}`,
      ...detailsOf(group).map(line => `  - ${escapeMarkdown(line)}`),
    ]),
    '',
    NODE_USE_LIMITS,
  ];
}
