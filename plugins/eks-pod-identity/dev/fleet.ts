import {
  associationRowSchema,
  clustersSchema,
  identityStatusSchema,
  type AssociationRow,
  type ClusterOverview,
  withWord,
} from 'backstage-plugin-eks-pod-identity-common';
import { unseen } from './identities';
import { DAY, minutesAgo } from './reports';
import { byStatus } from './statuses';

/** A mix as in a mostly healthy fleet, with every status once in a while. */
const MIX = (
  'verified verified looks-right verified restart-needed looks-right verified could-not-check ' +
  'verified looks-right broken verified looks-right looks-right could-not-check verified ' +
  'verified partly-works looks-right no-workload verified no-pod-has-it verified other-identity ' +
  'verified pods-not-started broken rolling-out looks-right setting-up no-identity verified'
)
  .split(' ')
  .map(status => identityStatusSchema.parse(status));
/** Of a part of them the portal knows nothing yet. */
const UNSEEN_AT = 7;

const CLUSTERS = [
  ['analytics-staging', 'Analytics (staging)', 'us-east-1', '444455556666'],
  ['orders-legacy', 'orders-legacy', 'eu-central-1', '111122223333'],
  ['payments-prod', 'Payments (production)', 'eu-west-1', '111122223333'],
] as const;

const TEAMS = ['payments', 'ledger', 'fraud', 'settlement', 'notifications'];
const WORKLOADS = ['api', 'worker', 'batch', 'ingest', 'scorer', 'mailer'];
const OWNERS = ['portal', 'portal', 'external', 'portal', 'addon'] as const;

/** This many associations on three clusters, in the order of the API. */
export function fleetOf(size: number): AssociationRow[] {
  return Array.from({ length: size }, (_, index) => {
    const [cluster, clusterTitle] =
      CLUSTERS[Math.floor((index * CLUSTERS.length) / size)];
    const team = TEAMS[index % TEAMS.length];
    const name = `${team}-${WORKLOADS[index % WORKLOADS.length]}-${index}`;
    const at = index % MIX.length;
    const status = MIX[at];
    const { sentence } = at === UNSEEN_AT ? unseen : byStatus[status];
    const stale = cluster === 'orders-legacy';
    // The component of an orphan is not in the catalog
    const known = index % 7 !== 3 && index % 16 !== 14;
    return associationRowSchema.parse({
      ref: { cluster, namespace: team, serviceAccount: name },
      clusterTitle,
      associationId: `a-${String(index).padStart(17, '0')}`,
      owner: OWNERS[index % OWNERS.length],
      roleArn: `arn:aws:iam::111122223333:role/backstage/eks-${cluster}-${team}-${name}-3f9c21ab`,
      targetRoleArn:
        index % 11 === 5
          ? 'arn:aws:iam::777788889999:role/shared-data-lake-reader'
          : undefined,
      status,
      headline: withWord(status, sentence),
      sentence,
      entityRef: known ? `component:default/${name}` : undefined,
      entityTitle: known ? name : undefined,
      hasTab: known ? index % 10 !== 8 : undefined,
      ownedBy: known
        ? [{ entityRef: `group:default/${team}`, title: `Team ${team}` }]
        : undefined,
      can: { verify: index % 5 !== 4, settle: index % 16 === 14 },
      orphan: index % 16 === 14,
      drift: index % 16 === 12,
      driftReason:
        index % 16 === 12
          ? 'The role no longer has AmazonS3ReadOnlyAccess, which the last associate gave it'
          : undefined,
      stale,
      proofLevel: status === 'verified' ? 'application' : undefined,
      unused: index % 9 === 8,
      lastUsedAt: index % 9 === 8 ? undefined : minutesAgo(12 * (index + 1)),
      deniedAt: index % 13 === 4 ? minutesAgo(90) : undefined,
      irsaAt: index % 17 === 6 ? minutesAgo(300) : undefined,
      provenAt: status === 'verified' ? minutesAgo(90 + index) : undefined,
      lookedAt:
        at === UNSEEN_AT ? undefined : minutesAgo(stale ? 7 * DAY : 4 + index),
    });
  });
}

/** The clusters of a fleet: a healthy one, one that cannot be reached and one without an agent on some nodes. */
export function clustersOf(fleet: AssociationRow[]): ClusterOverview[] {
  const { items } = clustersSchema.parse({
    items: CLUSTERS.map(([id, title, region, accountId], index) => {
      const counts: Record<string, number> = {};
      for (const row of fleet) {
        if (row.ref.cluster !== id) continue;
        counts[row.status] = (counts[row.status] ?? 0) + 1;
      }
      return {
        id,
        title,
        name: id,
        region,
        accountId,
        kubernetesAccess: 'eks',
        counts,
        agentVersion: [
          'v1.3.8-eksbuild.2',
          'self-managed',
          'v1.3.10-eksbuild.1',
        ][index],
        agentCoverage: [
          { ready: 4, needed: 6 },
          { ready: 3, needed: 3 },
          { ready: 12, needed: 12 },
        ][index],
        lastSweepAt: minutesAgo([4, 7 * DAY, 11][index]),
        stale:
          id === 'orders-legacy'
            ? {
                since: minutesAgo(7 * DAY),
                reason:
                  'the Kubernetes API of orders-legacy did not answer: connect ETIMEDOUT 10.12.0.4:443',
              }
            : undefined,
        can: {
          create: true,
          installAgent: false,
          createNamespace: false,
          sweep: true,
          setup: true,
        },
      };
    }),
  });
  return items;
}

/** A cluster that was configured just now. */
export const newCluster: ClusterOverview = {
  id: 'search-dev',
  title: 'Search (development)',
  name: 'search-dev',
  region: 'eu-west-1',
  accountId: '111122223333',
  kubernetesAccess: 'none',
  counts: {},
  can: {
    create: false,
    installAgent: false,
    createNamespace: false,
    sweep: false,
    setup: false,
  },
};
