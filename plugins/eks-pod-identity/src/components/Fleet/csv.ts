import {
  type AssociationRow,
  capitalised,
  type CsvColumn,
  STATUS_WORDS,
  toCsv,
} from 'backstage-plugin-eks-pod-identity-common';

const COLUMNS: CsvColumn<AssociationRow>[] = [
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
export const associationsCsv = (rows: AssociationRow[]): string =>
  toCsv(COLUMNS, rows);
