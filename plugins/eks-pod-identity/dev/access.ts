import {
  ACCESS_VERDICTS,
  accessItemSchema,
  accessNotesOf,
  accessProgress,
  accessProgressSchema,
  type AccessGap,
  type AccessItem,
  type AccessNodeGroup,
  type AccessProgress,
} from 'backstage-plugin-eks-pod-identity-common';
import { arn, SAID } from './accessRows';
import { DAY, minutesAgo } from './reports';

/** A mix in which a third goes by Pod Identity. */
const MIX =
  'moved ready owner moved blocked leftOver broken moved secret tagsOff moved target keys moved rule full moved addon byHand kube2iam owner'.split(
    ' ',
  );

const CLUSTERS = [
  ['analytics-staging', 'Analytics (staging)'],
  ['orders-legacy', 'orders-legacy'],
  ['payments-prod', 'Payments (production)'],
] as const;
const TEAMS = ['payments', 'ledger', 'fraud', 'settlement', 'notifications'];
const WORKLOADS = ['api', 'worker', 'batch', 'ingest', 'scorer', 'mailer'];

/** This many service accounts on three clusters. */
export function accessOf(size: number): AccessItem[] {
  return Array.from({ length: size }, (_, index) => {
    const [cluster, clusterTitle] = CLUSTERS[index % CLUSTERS.length];
    const team = TEAMS[index % TEAMS.length];
    const name = `${team}-${WORKLOADS[index % WORKLOADS.length]}-${index}`;
    const said = SAID[MIX[index % MIX.length]];
    // Every sixth belongs to no component
    const known = index % 6 !== 5;
    return accessItemSchema.parse({
      workloads: [`Deployment ${name}`],
      pods: 1 + (index % 4),
      compute: ['EC2'],
      ...said,
      ref: { cluster, namespace: team, serviceAccount: name },
      clusterTitle,
      lookedAt: minutesAgo(4 + (index % CLUSTERS.length)),
      entityRef: known ? `component:default/${name}` : undefined,
      entityTitle: known ? name : undefined,
      hasTab: known ? index % 10 !== 8 : undefined,
      claimed: index % 8 === 1 && known ? true : undefined,
      move:
        said.verdict === 'left-over'
          ? { state: 'moved', stage: 'old-trust', since: minutesAgo(180) }
          : undefined,
      ownedBy: known
        ? [{ entityRef: `group:default/${team}`, title: `Team ${team}` }]
        : undefined,
    });
  });
}

/** The same for a person to whom the roles are not told. */
export const withoutNames = (items: AccessItem[]): AccessItem[] =>
  items.map(
    ({ role: _, programs: __, statement: ___, findings: ____, ...item }) => ({
      ...item,
      sentence: ACCESS_VERDICTS[item.verdict].meaning,
      reasons: [],
      withheld: true,
    }),
  );

const GAPS = {
  use: {
    what: 'use',
    sentence:
      'CloudTrail was not read: the portal is not authorized to perform cloudtrail:LookupEvents, see docs/permissions.md#aws-reading.',
    costs:
      'SDKs and the last use by IRSA are missing, so that no verdict is "ready".',
  },
  roles: {
    what: 'roles',
    sentence:
      'The roles of account 111122223333 were not read: the portal is not authorized to perform iam:GetAccountAuthorizationDetails.',
    costs:
      'Makers, trust policies and last use of roles are missing; verdicts on IRSA that depend on a role of this account are "cannot tell", "nothing to move" may stand where a statement is left over, and where the role of an association is gone or does not let it in, and owners by tag are not shown their roles.',
  },
} satisfies Record<string, AccessGap>;

/** Of a row that only a fact which is missing now could decide. */
const cannotTell = (lack: string) => ({
  verdict: 'unknown' as const,
  sentence: `Cannot tell: ${lack}`,
  reasons: [],
});

/** Rows as they are where CloudTrail is not read. */
export const withoutCloudTrail = (items: AccessItem[]): AccessItem[] =>
  items.map(({ programs: _, irsaAt: __, refusedAt: ___, ...item }) => ({
    ...item,
    ...(/^(ready|blocked|needs-owner)/.test(item.verdict) &&
      cannotTell('its SDK was not seen, because CloudTrail was not read.')),
  }));

/** Rows as they are where IAM is not read. */
export const withoutIam = (items: AccessItem[]): AccessItem[] =>
  items.map(({ role: known, ...item }) => ({
    ...item,
    ...(item.roads[0] === 'irsa' &&
      !/^(add-on|needs-target)$/.test(item.verdict) &&
      cannotTell('the roles of the account were not read.')),
    role: known && { arn: known.arn },
  }));

const UNSEEN: AccessNodeGroup = {
  kind: 'auto-mode',
  name: 'batch',
  nodes: 3,
  lookedAt: 0,
  compute: ['Auto Mode'],
  roles: [],
  programs: [],
  candidates: [],
  candidateCount: 0,
  sentence:
    'Whether a program acts as the node is not known: none of its 3 nodes was looked at, because one look searches for 20 nodes at most.',
};

/** Who acts as the nodes of a cluster, as administrators see it. */
const NODE_GROUPS: AccessNodeGroup[] = [
  {
    ...UNSEEN,
    kind: 'node-group',
    name: 'general',
    nodes: 12,
    lookedAt: 2,
    since: minutesAgo(180),
    compute: ['EC2'],
    roles: [arn('payments-prod-nodes')],
    programs: [
      {
        name: 'boto3',
        version: '1.34.0',
        lastAt: minutesAgo(12),
        calls: ['sqs:ListQueues', 'sts:GetCallerIdentity'],
      },
    ],
    candidates: [
      {
        namespace: 'payments',
        serviceAccount: 'default',
        workload: 'Deployment invoices',
        pods: 3,
      },
      {
        namespace: 'ops',
        serviceAccount: 'shipper',
        workload: 'DaemonSet shipper',
        pods: 1,
        hostNetwork: true,
      },
    ],
    candidateCount: 5,
    leftOut: 2,
    sentence: `Programs on one node of it call AWS as the node, last boto3 1.34.0 at ${minutesAgo(
      12,
    )}. CloudTrail does not record which pod it was; 5 workloads have pods without an identity of their own on that node; 2 of 12 nodes were looked at.`,
  },
  UNSEEN,
];

/** How far these rows are, and how it came so. */
export function progressOf(
  items: AccessItem[],
  {
    days = 40,
    lacks = [],
    failure,
    nodes,
  }: {
    days?: number;
    lacks?: (keyof typeof GAPS)[];
    failure?: string;
    nodes?: boolean;
  } = {},
): AccessProgress {
  const clusters = CLUSTERS.map(([cluster, title], index) => ({
    cluster,
    title,
    ...accessProgress(items.filter(({ ref }) => ref.cluster === cluster)),
    lookedAt: minutesAgo(4 + index + (failure && index === 1 ? 2 * DAY : 0)),
    usedSince: lacks.includes('use')
      ? undefined
      : minutesAgo((index + 1) * DAY),
    // Of one cluster everything is read
    gaps: index === 1 ? [] : lacks.map(lack => GAPS[lack]),
    nodeGroups: nodes && index === 0 ? NODE_GROUPS : undefined,
    failure: index === 1 ? failure : undefined,
  }));
  const { byPodIdentity, total } = accessProgress(items);
  const notesOf = (rows: AccessItem[]) => {
    const notes: Record<string, number> = {};
    for (const note of rows.flatMap(accessNotesOf)) {
      notes[note] = (notes[note] ?? 0) + 1;
    }
    return notes;
  };
  const ofTeam = (team: string) =>
    items.filter(({ ownedBy }) =>
      ownedBy?.some(each => each.entityRef === `group:default/${team}`),
    );
  return accessProgressSchema.parse({
    clusters,
    owners: TEAMS.map(team => ({
      entityRef: `group:default/${team}`,
      title: `Team ${team}`,
      ...accessProgress(ofTeam(team)),
      notes: notesOf(ofTeam(team)),
    })),
    notes: notesOf(items),
    days: Array.from({ length: days }, (_, index) => {
      const back = days - 1 - index;
      return {
        day: minutesAgo(back * DAY).slice(0, 10),
        // A step every ten days
        byPodIdentity: Math.round(
          byPodIdentity * (1 - Math.ceil(back / 10) / 6),
        ),
        total: Math.round(total * (1 - back / 400)),
        verdicts: {},
        roads: {},
      };
    }),
  });
}

/** The same answer to a query that names a cluster or an owner. */
export function progressWithin(
  progress: AccessProgress,
  items: unknown,
  query: URLSearchParams,
): AccessProgress {
  const [cluster, owner] = ['cluster', 'ownedBy'].map(key => query.get(key));
  if (!Array.isArray(items) || (!cluster && !owner)) return progress;
  const chosen = accessProgress(
    (items as AccessItem[]).filter(
      ({ ref, ownedBy }) =>
        (!cluster || ref.cluster === cluster) &&
        (!owner || ownedBy?.some(({ entityRef }) => entityRef === owner)),
    ),
  );
  const last = progress.days.at(-1);
  const part = (key: keyof typeof chosen, count: number) =>
    Math.round((count * chosen[key]) / Math.max(1, last?.[key] ?? 1));
  return {
    ...progress,
    chosen,
    days: progress.days.map(({ byPodIdentity, total, ...day }) => ({
      ...day,
      byPodIdentity: part('byPodIdentity', byPodIdentity),
      total: part('total', total),
    })),
  };
}

/** Clusters that are configured and were never looked at. */
export const neverLooked: AccessProgress = accessProgressSchema.parse({
  clusters: CLUSTERS.map(([cluster, title]) => ({
    cluster,
    title,
    byPodIdentity: 0,
    total: 0,
    gaps: [],
  })),
  owners: [],
  days: [],
});
