import {
  capitalised,
  STATUS_WORDS,
  type AssociationRow,
} from 'backstage-plugin-eks-pod-identity-common';

/**
 * Spreadsheets run cells that start with one of these as formulas; a leading quote makes them text. Where lists are
 * separated by semicolons, a spreadsheet reads a cell up to the next one, quoted or not, and starts another there.
 */
const FORMULA = /(^|[;\t\r\n])((?:[^\S\t\r\n]|["'])*)(?=[=+\-@])/g;

function cell(value: string | undefined): string {
  const safe = (value ?? '')
    .replace(/^[\t\r]/, "'$&")
    .replace(FORMULA, "$1$2'");
  return `"${safe.replace(/"/g, '""')}"`;
}

const COLUMNS: [string, (row: AssociationRow) => string | undefined][] = [
  ['cluster', row => row.ref.cluster],
  ['namespace', row => row.ref.namespace],
  ['serviceAccount', row => row.ref.serviceAccount],
  ['component', row => row.entityRef],
  ['owners', row => row.ownedBy?.map(each => each.entityRef).join(' ')],
  ['claimed', row => String(row.claimed ?? false)],
  ['role', row => row.roleArn],
  ['targetRole', row => row.targetRoleArn],
  ['managedBy', row => row.owner],
  ['status', row => STATUS_WORDS[row.status].word],
  ['finding', row => capitalised(row.sentence)],
  ['orphan', row => String(row.orphan)],
  ['drift', row => String(row.drift)],
  ['driftReason', row => row.driftReason],
  ['proof', row => row.proofLevel],
  ['lastUsedAt', row => row.lastUsedAt],
  [
    'neverUsedIn90Days',
    row => (row.unused === undefined ? undefined : String(row.unused)),
  ],
  ['byIrsaAt', row => row.irsaAt],
  ['deniedAt', row => row.deniedAt],
  ['provenAt', row => row.provenAt],
  ['lookedAt', row => row.lookedAt],
];

/** RFC 4180 text of the rows. */
export function toCsv(rows: AssociationRow[]): string {
  return [
    COLUMNS.map(([name]) => cell(name)).join(','),
    ...rows.map(row => COLUMNS.map(([, read]) => cell(read(row))).join(',')),
  ].join('\r\n');
}
