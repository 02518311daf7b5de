import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import type {
  CheckResult,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  BOB,
  follow,
  Replica,
  startReplica,
  verify,
} from '../__testUtils__/testBackend';
import { checkResult } from '../status/__testUtils__/statusReports';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const named = (serviceAccount: string): ServiceAccountRef => ({
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount,
});

describe('suggestions of other service accounts', () => {
  let world: FakeWorld;
  let replica: Replica;

  beforeAll(async () => {
    world = new FakeWorld();
    replica = await startReplica({
      world,
      knex: await databases.init('SQLITE_3'),
      // Only Ada may see what belongs to the treasury
      deny: (user, permission, ref) =>
        user === BOB &&
        permission === 'eks-pod-identity.association.read' &&
        (ref?.endsWith('/treasury') ?? false),
    });
  });

  afterAll(() => replica.stop());

  /** Verifications of this world find nothing, but names like the one that was asked for. */
  function findOnly(nearby: ServiceAccountRef[]) {
    const check: CheckResult = checkResult('association.exists', 'fail', {
      nearby,
    });
    const real = world.verification.verify;
    jest
      .spyOn(world.verification, 'verify')
      .mockImplementationOnce(async (request, context) => {
        const report = await real(request, context);
        await context.emit({ type: 'check', data: check });
        return { ...report, status: 'broken', checks: [check] };
      });
  }

  async function everythingReadBy(user: string, id: string) {
    const client = replica.as(user);
    const operation = await client.getOperation(id);
    const { report } = operation.result as { report: VerificationReport };
    const poll = await fetch(
      `${replica.baseUrl}/v1/operations/${id}/events?poll=true`,
      { headers: { authorization: mockCredentials.user.header(user) } },
    );
    return [
      operation,
      await client.getReport(report.id),
      await follow(client, id),
      await poll.json(),
    ].map(answer => JSON.stringify(answer));
  }

  it('are told to each reader by their own rights, not by those of the first who asked', async () => {
    findOnly([named('treasury'), named('apis')]);
    const { id } = await replica.as(ADA).startOperation(verify('ap'));
    await follow(replica.as(ADA), id);
    for (const answer of await everythingReadBy(ADA, id)) {
      expect(answer).toContain('treasury');
      expect(answer).toContain('apis');
    }
    for (const answer of await everythingReadBy(BOB, id)) {
      expect(answer).not.toContain('treasury');
      expect(answer).toContain('apis');
    }
  });
});
