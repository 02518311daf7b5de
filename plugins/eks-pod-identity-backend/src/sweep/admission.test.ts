import { tasksByHand } from '../__testUtils__/byHand';
import { TestDatabases } from '@backstage/backend-test-utils';
import { countByOperation } from 'eks-sandbox';
import {
  SandboxPortal,
  startSandboxPortal,
  TIMINGS,
} from '../__testUtils__/sandboxBackend';
import { ADA, Replica } from '../__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const CLUSTER = 'payments-prod';

describe('a sweep that may send dry-run pods', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  const { tasks, scheduler } = tasksByHand();

  beforeAll(async () => {
    portal = await startSandboxPortal({
      clusters: [
        {
          name: CLUSTER,
          sweep: { probe: 'admission' },
          namespaces: { deny: ['storefront'] },
        },
      ],
    });
    const { eks, iam } = portal.sandbox.aws;
    eks.putAssociation(CLUSTER, {
      namespace: 'storefront',
      serviceAccount: 'closed',
      roleArn: iam.putRole({ name: 'closed' }).arn,
    });
    replica = await portal.start({
      knex: await databases.init('SQLITE_3'),
      scheduler,
      // The associations that the sandbox begins with are young
      // wall time: it asks once, without waiting
      section: { timings: { ...TIMINGS, gateDeadline: 1 } },
    });
  });

  afterAll(() => portal?.stop());

  async function lookOf(namespace: string, serviceAccount: string) {
    await tasks.get(`sweep:${CLUSTER}`)!(new AbortController().signal);
    const ada = replica.as(ADA);
    const { items } = await ada.listReports({
      cluster: CLUSTER,
      namespace,
      serviceAccount,
    });
    const report = await ada.getReport(items[0].id);
    return {
      report,
      runs: items.length,
      check: (id: string) => report.checks.find(check => check.id === id),
    };
  }

  it('sees that new pods would get the identity, and when they would not any more', async () => {
    portal.sandbox.calls.reset();
    const before = await lookOf('payments', 'payments-ledger');
    expect(before.report).toMatchObject({
      status: 'looks-right',
      proof: 'admission',
      trigger: 'schedule',
      probe: 'admission',
    });
    expect(before.check('admission.injects')?.status).toBe('pass');
    const kubernetes = portal.sandbox.cluster(CLUSTER);
    const counts = countByOperation(portal.sandbox.calls.calls());
    expect(counts['kubernetes:create pods']).toBeGreaterThanOrEqual(5);
    expect(
      kubernetes
        .list('pods')
        .filter((pod: any) => pod.metadata.name.includes('probe')),
    ).toEqual([]);
    // Nothing new to see, no report
    expect((await lookOf('payments', 'payments-ledger')).runs).toBe(
      before.runs,
    );

    kubernetes.setWebhook({ down: true });
    const after = await lookOf('payments', 'payments-ledger');
    expect(after.check('admission.injects')?.status).toBe('fail');
    // The association is young. Setting up, unless a running pod is younger, and shows that AWS has spread it.
    expect(['setting-up', 'broken']).toContain(after.report.status);
    kubernetes.setWebhook({ down: false });
  });

  it('sends none to a namespace that is closed', async () => {
    const { report, check } = await lookOf('storefront', 'closed');
    expect(report.probe).toBe('none');
    expect(check('admission.injects')?.status).toBe('skip');
  });
});
