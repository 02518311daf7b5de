import type {
  AccessNote,
  AccessRoad,
  AccessRow,
  AccessVerdict,
} from './access';
import type { AccessNodeGroup } from './accessNodes';

/** Roads in words. @public */
export const ACCESS_ROADS: Record<AccessRoad, string> = {
  'pod-identity': 'Pod Identity',
  irsa: 'IRSA',
  'irsa-by-hand': 'IRSA set in the pod template',
  'static-keys': 'Access key',
  kube2iam: 'kube2iam',
  secret: 'Possible keys in a Secret',
};

/** Verdicts in words, and what each means. @public */
export const ACCESS_VERDICTS: Record<
  AccessVerdict,
  { word: string; meaning: string }
> = {
  broken: {
    word: 'Broken today',
    meaning: 'Its pods, or those that start now, get no credentials.',
  },
  blocked: {
    word: 'Blocked',
    meaning:
      'By Pod Identity its pods would get no credentials, or AWS would refuse their calls.',
  },
  'left-over': {
    word: 'Left over',
    meaning: 'It has Pod Identity, and something of IRSA is still there.',
  },
  unknown: { word: 'Cannot tell', meaning: 'A fact is missing.' },
  'not-allowed': {
    word: 'Not allowed',
    meaning: 'A limit of AWS or a rule of the portal is in the way.',
  },
  'needs-target': {
    word: 'Needs a target role',
    meaning: 'Its role is of another account.',
  },
  'by-rule': {
    word: 'By rule',
    meaning:
      'Its role lets in a pattern of service accounts; each needs its own association.',
  },
  'add-on': {
    word: 'Add-on',
    meaning:
      'An add-on has it, and moves it by its own update where its version supports Pod Identity.',
  },
  'needs-owner': {
    word: 'Needs its owner',
    meaning: 'All is right but the trust policy of its role.',
  },
  'ready-tags-off': {
    word: 'Ready without tags',
    meaning: 'Nothing stands in the way if its session tags are off.',
  },
  ready: {
    word: 'Ready',
    meaning: 'Nothing stands between it and Pod Identity.',
  },
  'no-move': {
    word: 'Nothing to move',
    meaning:
      'It has Pod Identity, or goes by a road from which nothing can be moved.',
  },
};

/** Verdicts in the order of a list: what needs a person first. @public */
export const ACCESS_VERDICT_ORDER = Object.keys(
  ACCESS_VERDICTS,
) as AccessVerdict[];

/** What is said of the service accounts that have a note. @public */
export const ACCESS_NOTES: Record<AccessNote, string> = {
  'no-audience':
    'The trust policy of the role asks for no audience. IAM compares it with the client IDs of the OIDC provider all the same.',
  'no-subject':
    'The trust policy of the role asks for no subject, so that every service account of the cluster may use the role.',
  pattern:
    'The trust policy of the role lets in a pattern of service accounts, and so each one that will fit it.',
  'never-matches':
    'A statement of the trust policy compares a pattern by StringEquals, which no service account matches.',
  'dead-principal':
    'The trust policy of the role names a user or role that was deleted.',
};

/** What is worth a look in the trust policy of its role. A service account that it keeps out has a finding instead. @public */
export function accessNotesOf({
  role,
  findings = [],
}: Pick<AccessRow, 'role' | 'findings'>): AccessNote[] {
  const isOut = findings.some(({ kind }) => kind === 'never-matches');
  return (Object.keys(ACCESS_NOTES) as AccessNote[]).filter(
    note =>
      role?.shapes?.includes(note) && !(isOut && note === 'never-matches'),
  );
}

const NODE_GROUPS: Record<AccessNodeGroup['kind'], string> = {
  'node-group': 'Node group',
  'node-pool': 'Node pool',
  'auto-mode': 'Node pool of Auto Mode',
  other: 'Other nodes',
};

/** `Node group general`. @public */
export const nodeGroupName = ({
  kind,
  name,
}: Pick<AccessNodeGroup, 'kind' | 'name'>): string =>
  [NODE_GROUPS[kind], name].filter(Boolean).join(' ');

/** How many of the service accounts go by Pod Identity. One of which only a Secret tells may have no identity, and does not count. @public */
export function accessProgress(rows: readonly Pick<AccessRow, 'roads'>[]): {
  byPodIdentity: number;
  total: number;
} {
  const counted = rows.filter(({ roads }) => roads[0] !== 'secret');
  return {
    byPodIdentity: counted.filter(({ roads }) => roads[0] === 'pod-identity')
      .length,
    total: counted.length,
  };
}
