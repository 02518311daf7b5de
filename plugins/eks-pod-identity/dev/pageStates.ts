import type { EntityIdentities } from 'backstage-plugin-eks-pod-identity-common';
import {
  accessOf,
  neverLooked,
  progressOf,
  withoutCloudTrail,
  withoutIam,
  withoutNames,
} from './access';
import { inUse } from './use';
import { changes, unsearched } from './changes';
import { checksPage } from './checksPage';
import { fixtures } from './fixtures';
import { clustersOf, fleetOf, newCluster } from './fleet';
import { historyOf, reportOf } from './reports';
import { setupWithGaps } from './setup';
import { timeline } from './timelines';
import { refusal, type Refusal, type World } from './world';

/** One state of a page: its backend and its address. */
export interface PageState {
  /** Stable: names of screenshots. */
  id: string;
  title: string;
  world: World;
  /** Query parameters of the page itself. */
  params?: Record<string, string>;
  /** Text of a folded part that is looked at open. */
  opens?: string;
  /** The first button of this name is pressed, to see what it opens. */
  presses?: RegExp;
}

export type PageView = 'tab' | 'fleet' | 'access' | 'clusters' | 'checks';

const entityOf = (id: string): EntityIdentities => {
  const fixture = fixtures.find(each => each.id === id);
  if (!fixture || !('answer' in fixture)) {
    throw new Error(`No card fixture "${id}" has an answer`);
  }
  return fixture.answer;
};

const forbidden = refusal(403, 'NotAllowedError', 'Unauthorized');
const signedOut = refusal(401, 'AuthenticationError', 'Missing credentials');
const broken = refusal(500, 'Error', 'The database does not answer.');
const missing: Refusal = { status: 404 };

const fleet = fleetOf(312);
const eightStatuses = fleet.filter(
  ({ status }) => !/^(no-|setting-up|rolling-out)/.test(status),
);

const [access, many] = [accessOf(340), accessOf(900)];
const clusters = clustersOf([]);
const reach = { clusters, access, accessProgress: progressOf(access) };

export const pageStates: Record<PageView, PageState[]> = {
  tab: [
    {
      id: 'broken',
      title: 'Broken, many runs',
      world: { entity: entityOf('broken'), reports: historyOf('broken') },
    },
    {
      id: 'changed',
      title: 'Broken by a change',
      world: {
        entity: entityOf('broken'),
        reports: [reportOf('broken', { changes })],
      },
    },
    {
      id: 'changes-unsearched',
      title: 'Looks right, changed, CloudTrail not searched',
      world: {
        entity: entityOf('changed'),
        reports: [reportOf('looks-right', { changes: unsearched })],
      },
    },
    {
      id: 'partly-works',
      title: 'Partly works',
      world: {
        entity: entityOf('partly-works'),
        reports: historyOf('partly-works', 3),
      },
    },
    {
      id: 'restart-needed',
      title: 'Restart needed',
      world: {
        entity: entityOf('restart-needed'),
        reports: historyOf('restart-needed', 2),
      },
    },
    {
      id: 'verified',
      title: 'Verified',
      world: {
        entity: entityOf('verified'),
        reports: historyOf('verified', 8),
      },
    },
    {
      id: 'could-not-check',
      title: 'Could not check',
      world: {
        entity: entityOf('could-not-check'),
        reports: historyOf('could-not-check', 2),
      },
    },
    {
      id: 'older-run',
      title: 'An older run',
      params: { report: 'run-7' },
      world: {
        entity: entityOf('verified'),
        reports: historyOf('verified'),
        use: inUse,
      },
    },
    {
      id: 'timeline',
      title: 'With a timeline',
      opens: 'Timeline',
      world: {
        entity: entityOf('verified'),
        reports: [reportOf('verified', { timelineOf: 'op-1' })],
        timeline,
      },
    },
    {
      id: 'verifying',
      title: 'Verifying',
      world: { entity: entityOf('verifying'), reports: [reportOf('verified')] },
    },
    {
      id: 'stale',
      title: 'Stale',
      world: {
        entity: entityOf('stale'),
        reports: [reportOf('verified', { minutesAgo: 9 * 24 * 60 })],
      },
    },
    {
      id: 'several',
      title: 'Several identities',
      world: { entity: entityOf('several'), reports: historyOf('broken', 4) },
    },
    {
      id: 'empty-history',
      title: 'Never verified',
      world: { entity: entityOf('unseen'), reports: [] },
    },
    {
      id: 'gone',
      title: 'A report that is gone',
      params: { report: 'run-33' },
      world: {
        entity: entityOf('verified'),
        reports: historyOf('verified', 6),
      },
    },
    {
      id: 'report-error',
      title: 'Reports cannot be read',
      world: { entity: entityOf('verified'), reports: broken },
    },
    {
      id: 'report-loading',
      title: 'Reports are on their way',
      world: { entity: entityOf('verified'), reports: 'pending' },
    },
    {
      id: 'none',
      title: 'No identity',
      world: { entity: entityOf('none') },
    },
    {
      id: 'access',
      title: 'No identity: several ways to AWS',
      world: { entity: entityOf('access-several') },
      presses: /fraud-scorer/,
    },
    {
      id: 'as-node',
      title: 'No identity: may use the role of its node',
      world: { entity: entityOf('access-as-node') },
    },
    {
      id: 'uses-irsa',
      title: 'Uses IRSA',
      world: { entity: entityOf('uses-irsa'), reports: [] },
    },
    {
      id: 'unknown-cluster',
      title: 'Unknown cluster',
      world: { entity: entityOf('unknown-cluster'), reports: [] },
    },
    { id: 'loading', title: 'Loading', world: { entity: 'pending' } },
    { id: 'error', title: 'Error', world: { entity: broken } },
    { id: 'forbidden', title: 'Not permitted', world: { entity: forbidden } },
  ],
  fleet: [
    {
      id: 'many',
      title: 'Many',
      world: { associations: fleet, clusters: clustersOf(fleet) },
    },
    {
      id: 'broken-only',
      title: 'Only what is broken',
      params: { status: 'broken', cluster: 'payments-prod' },
      world: { associations: fleet, clusters: clustersOf(fleet) },
    },
    {
      id: 'none',
      title: 'None, and a cluster cannot be read',
      world: { associations: [], clusters: clustersOf([]) },
    },
    {
      id: 'no-match',
      title: 'None for the filter',
      params: { q: 'no such thing' },
      world: { associations: fleet, clusters: clustersOf(fleet) },
    },
    {
      id: 'loading',
      title: 'Loading',
      world: { associations: 'pending', clusters: 'pending' },
    },
    {
      id: 'error',
      title: 'Error',
      world: { associations: broken, clusters: broken },
    },
    {
      id: 'forbidden',
      title: 'Not permitted',
      world: { associations: forbidden, clusters: forbidden },
    },
    {
      id: 'signed-out',
      title: 'Signed out',
      world: { associations: signedOut, clusters: signedOut },
    },
    {
      id: 'missing-backend',
      title: 'Backend missing',
      world: { associations: missing, clusters: missing },
    },
  ],
  access: [
    { id: 'access', title: 'All access', world: reach },
    {
      id: 'access-900',
      title: 'All access, 900 of them',
      world: { clusters, access: many, accessProgress: progressOf(many) },
    },
    {
      id: 'access-owner',
      title: 'Needs its owner, details open',
      params: { verdict: 'needs-owner', ownedBy: 'group:default/fraud' },
      presses: /^Details of /,
      world: reach,
    },
    {
      id: 'access-blocked',
      title: 'Blocked, details open',
      params: { verdict: 'blocked' },
      presses: /^Details of /,
      world: reach,
    },
    {
      id: 'access-withheld',
      title: 'Without the names of roles',
      presses: /^Details of /,
      world: { ...reach, access: withoutNames(access) },
    },
    {
      id: 'access-nodes',
      title: 'For administrators, with who acts as the nodes',
      world: { ...reach, accessProgress: progressOf(access, { nodes: true }) },
    },
    {
      id: 'access-no-cloudtrail',
      title: 'Without CloudTrail, first day',
      world: {
        clusters,
        access: withoutCloudTrail(access),
        accessProgress: progressOf(access, { days: 1, lacks: ['use'] }),
      },
    },
    {
      id: 'access-no-iam',
      title: 'Without IAM and CloudTrail, details open',
      presses: /^Details of /,
      world: {
        clusters,
        access: withoutIam(withoutCloudTrail(access)),
        accessProgress: progressOf(access, { lacks: ['use', 'roles'] }),
      },
    },
    {
      id: 'access-failed',
      title: 'A look failed',
      world: {
        ...reach,
        accessProgress: progressOf(access, {
          failure:
            'The Kubernetes API of orders-legacy did not answer: connect ETIMEDOUT 10.12.0.4:443',
        }),
      },
    },
    {
      id: 'access-no-match',
      title: 'No access for the filter',
      params: { q: 'no-such-thing' },
      world: reach,
    },
    {
      id: 'access-none',
      title: 'No access found',
      world: { clusters, access: [], accessProgress: progressOf([]) },
    },
    {
      id: 'access-none-with-gaps',
      title: 'No access found, IAM unread',
      world: {
        clusters,
        access: [],
        accessProgress: progressOf([], { lacks: ['roles'] }),
      },
    },
    {
      id: 'access-off',
      title: 'Switched off',
      world: {
        clusters,
        access: [],
        accessProgress: { clusters: [], owners: [], days: [] },
      },
    },
    {
      id: 'access-not-yet',
      title: 'Not looked yet',
      world: { clusters, access: [], accessProgress: neverLooked },
    },
    {
      id: 'access-no-progress',
      title: 'Progress cannot be read',
      world: { ...reach, accessProgress: broken },
    },
    {
      id: 'access-loading',
      title: 'Access is on its way',
      world: { clusters, access: 'pending', accessProgress: 'pending' },
    },
    {
      id: 'access-error',
      title: 'Access cannot be read',
      world: { clusters, access: broken, accessProgress: broken },
    },
    {
      id: 'access-forbidden',
      title: 'Access not permitted',
      world: {
        clusters: forbidden,
        access: forbidden,
        accessProgress: forbidden,
      },
    },
  ],
  clusters: [
    {
      id: 'matrix',
      title: 'Matrix, one unreachable',
      world: { clusters: [...clustersOf(fleet), newCluster] },
    },
    {
      id: 'eight-statuses',
      title: 'Matrix, eight statuses',
      world: { clusters: clustersOf(eightStatuses) },
    },
    {
      id: 'setup',
      title: 'Setup with gaps',
      params: { setup: 'true' },
      world: { setup: setupWithGaps },
    },
    { id: 'none', title: 'None', world: { clusters: [] } },
    { id: 'loading', title: 'Loading', world: { clusters: 'pending' } },
    { id: 'error', title: 'Error', world: { clusters: broken } },
    { id: 'forbidden', title: 'Not permitted', world: { clusters: forbidden } },
  ],
  checks: [
    { id: 'page', title: 'A part of it', world: { checks: checksPage } },
  ],
};
