import { tasksByHand } from '../__testUtils__/byHand';
import { mockCredentials } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  associationUpdatePermission,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { countByOperation } from 'eks-sandbox';
import type { Knex } from 'knex';
import { putBulkAssociations } from '../__testUtils__/bulkAssociations';
import { createTestDatabases } from '../__testUtils__/databases';
import {
  type SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import { ADA, BOB, type Replica } from '../__testUtils__/testBackend';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
} from '../permissions/permissionRules';
import { SESSION_TOKEN, usedByPod } from './__testUtils__/events';

const CLUSTER = 'payments-prod';
const COUNT = 12;
const HOUR = 3_600_000;
const databases = createTestDatabases();

const refOf = (index: number): ServiceAccountRef => ({
  cluster: CLUSTER,
  namespace: `team-${index % 6}`,
  serviceAccount: `sa-${String(index).padStart(3, '0')}`,
});

describe.each(databases.eachSupportedId())(
  'the use of identities on %s',
  databaseId => {
    let portal: SandboxPortal;
    let replica: Replica;
    let knex: Knex;
    const { tasks, scheduler } = tasksByHand();
    const run = (id: string) => tasks.get(id)!(new AbortController().signal);
    const place = () =>
      `evidence:${portal.sandbox.accountId}:${portal.sandbox.region}`;
    const lookups = () =>
      countByOperation(portal.sandbox.calls.calls())[
        'cloudtrail:LookupEvents'
      ] ?? 0;
    const roleOf = (index: number) =>
      `arn:aws:iam::${portal.sandbox.accountId}:role/bulk-${index}`;

    beforeAll(async () => {
      portal = await startSandboxPortal({
        sandbox: { clusters: [CLUSTER] },
        clusters: [{ name: CLUSTER }],
      });
      portal.sandbox.aws.set({ lookupsPerSecond: 1_000 });
      putBulkAssociations(portal.sandbox, CLUSTER, COUNT);
      knex = await databases.init(databaseId);
      replica = await portal.start({
        knex,
        scheduler,
        // Bob reads team-0 alone; Ada changes all
        decide: (user, permission) => {
          if (user !== BOB) return { result: AuthorizeResult.ALLOW };
          if (permission === associationUpdatePermission.name) {
            return { result: AuthorizeResult.DENY };
          }
          return createPodIdentityConditionalDecision(
            { name: permission } as never,
            podIdentityConditions.isInNamespace({ namespaces: ['team-0'] }),
          );
        },
        section: {
          evidence: { cloudTrail: true },
          pacing: {
            eksPerSecond: 500,
            iamPerSecond: 500,
            cloudTrailPerSecond: 500,
          },
        },
      });
      await run(`sweep:${CLUSTER}`);
      const now = Date.now();
      usedByPod(portal.sandbox, refOf(0), {
        roleArn: roleOf(0),
        pod: 'payments-api-7d9f',
        at: now - HOUR,
        denied: true,
      });
      // Another team's service account uses the same role
      usedByPod(portal.sandbox, refOf(1), {
        roleArn: roleOf(0),
        pod: 'ledger-1',
        at: now - HOUR,
      });
      portal.sandbox.calls.reset();
    });

    afterAll(() => portal?.stop());

    it('are read once for each identity, then for those alone that were used', async () => {
      await run(place());
      const first = lookups();
      // One for each role; and one for the keys that were given out
      expect(first).toBe(COUNT + 1);
      const [cluster] = await replica.as(ADA).listClusters();
      expect(cluster.evidence).toEqual({
        state: 'read',
        read: COUNT,
        total: COUNT,
      });
      portal.sandbox.calls.reset();
      await run(place());
      // Two searches of the whole account; both events lie within their overlap no more
      expect(lookups()).toBe(2);
      usedByPod(portal.sandbox, refOf(3), {
        roleArn: roleOf(3),
        pod: 'worker-1',
        at: Date.now() - 60_000,
      });
      portal.sandbox.calls.reset();
      await run(place());
      expect(lookups()).toBe(2 + 2);
    });

    it('are shown with the pod, its SDK, its services and what it was denied', async () => {
      const use = await replica.as(ADA).getUse(refOf(0));
      expect(use).toMatchObject({
        state: 'read',
        pods: [{ name: 'payments-api-7d9f', uid: 'uid-payments-api-7d9f' }],
        uses: [
          { service: 's3', operations: ['ListBuckets'], version: '1.35.10' },
        ],
        denied: [{ service: 's3', operation: 'ListBuckets', count: 1 }],
        others: [{ kind: 'pod-identity', name: 'payments-prod/team-1/sa-001' }],
        refreshing: false,
      });
      expect(await replica.as(ADA).getIdentity(refOf(0))).toMatchObject({
        use: {
          state: 'read',
          pod: { name: 'payments-api-7d9f' },
          version: '1.35.10',
          services: ['s3'],
        },
      });
    });

    it('name other service accounts only to their readers', async () => {
      const { others } = await replica.as(BOB).getUse(refOf(0));
      expect(others).toMatchObject([{ kind: 'pod-identity', count: 1 }]);
      expect(others[0].name).toBeUndefined();
      await expect(replica.as(BOB).getUse(refOf(1))).rejects.toThrow(
        '403 Forbidden',
      );
    });

    it('sort and filter the fleet', async () => {
      const page = async (query: object) =>
        (await replica.as(ADA).listAssociations(query)).items.map(
          ({ ref }) => ref.serviceAccount,
        );
      expect(await page({ use: 'denied' })).toEqual(['sa-000']);
      expect(await page({ use: 'irsa' })).toEqual([]);
      expect(
        (await page({ sort: 'lastUsedAt', order: 'desc' })).slice(0, 2),
      ).toEqual(['sa-003', 'sa-000']);
      const { items, totalItems } = await replica
        .as(ADA)
        .listAssociations({ use: 'denied' });
      expect(totalItems).toBe(1);
      expect(items[0].deniedAt).toBeDefined();
    });

    it('are searched at once for a person who looks, and once for all who do', async () => {
      portal.sandbox.calls.reset();
      await knex('evidence').update({ read_at: 1, claimed_at: null });
      usedByPod(portal.sandbox, refOf(5), {
        roleArn: roleOf(5),
        pod: 'late-1',
        at: Date.now() - 60_000,
      });
      const asked = await Promise.all(
        [1, 2, 3].map(() => replica.as(ADA).refreshUse(refOf(5))),
      );
      expect(asked.filter(({ refreshing }) => refreshing)).toHaveLength(1);
      const pods = async () => (await replica.as(ADA).getUse(refOf(5))).pods;
      while ((await pods()).length === 0) {
        await new Promise(resolve => setTimeout(resolve, 20));
      }
      expect(lookups()).toBe(2);
    });

    it('are not read by the page of a component', async () => {
      portal.sandbox.calls.reset();
      await replica.as(ADA).getIdentity(refOf(7));
      await replica.as(ADA).listAssociations();
      expect(lookups()).toBe(0);
    });

    it('keep no session token', async () => {
      const answers = JSON.stringify([
        await replica.as(ADA).getUse(refOf(0)),
        await knex('evidence'),
        replica.logger.lines,
      ]);
      expect(answers).toContain('payments-api-7d9f');
      expect(answers).not.toContain(SESSION_TOKEN);
      expect(answers).not.toContain(SESSION_TOKEN.slice(0, 12));
    });

    it('say that the portal is not allowed to read them', async () => {
      portal.sandbox.aws.iam.updateRole(portal.sandbox.credentials.roles.read, {
        inline: {},
      });
      await knex('evidence').update({ read_at: null });
      await run(place());
      const [cluster] = await replica.as(ADA).listClusters();
      expect(cluster.evidence).toMatchObject({
        state: 'denied',
        reason: expect.stringContaining('cloudtrail:LookupEvents'),
      });
      const response = await fetch(
        `${replica.baseUrl}/v1/service-accounts/${CLUSTER}/team-2/sa-008/use`,
        { headers: { authorization: mockCredentials.user.header(ADA) } },
      );
      expect(await response.json()).toMatchObject({ state: 'read' });
    });
  },
);
