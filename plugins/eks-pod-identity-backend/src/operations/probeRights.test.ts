import { TestDatabases } from '@backstage/backend-test-utils';
import { verificationCreatePermission } from 'backstage-plugin-eks-pod-identity-common';
import { until } from 'eks-sandbox/patience';
import { componentOf } from '../__testUtils__/changingCatalog';
import {
  type SandboxPortal,
  startSandboxPortal,
  TIMINGS,
} from '../__testUtils__/sandboxBackend';
import {
  ADA,
  BOB,
  claiming,
  follow,
  type Replica,
  verify,
} from '../__testUtils__/testBackend';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
} from '../permissions/permissionRules';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const ROOT = 'user:default/root';

/** Made by Terraform, as the sandbox has it. */
const LEDGER = 'payments-ledger';

const entities = [
  claiming(`prod/payments/${LEDGER}`, componentOf(LEDGER, ADA)),
  componentOf('shop', BOB),
];

const LISTS = {
  permissionChecks: [{ name: 'list-buckets', command: ['s3', 'ls'] }],
};

/** The role of the ledger is not allowed to list buckets, and that is an answer. */
const ANSWERED = {
  status: 'fail',
  message: '"aws s3 ls" was denied: no identity policy allows it.',
};

/** The report and the log of a verification with a test. */
async function tried(
  replica: Replica,
  user: string,
  component: string,
  asked: object = LISTS,
) {
  const client = replica.as(user);
  const { id } = await client.startOperation(
    verify(LEDGER, { entityRef: `component:default/${component}`, ...asked }),
  );
  const events = await follow(client, id);
  const { result, error } = await client.getOperation(id);
  if (result?.kind !== 'verify') throw new Error(error?.message);
  const test = result.report.checks.find(
    check => check.id === 'permissions.list-buckets',
  );
  return {
    id: result.report.id,
    report: result.report,
    proof: result.proof,
    status: test?.status,
    message: test?.message,
    log: events.flatMap(event =>
      event.type === 'log' ? [event.data.message] : [],
    ),
  };
}

describe('permission tests under an identity that Terraform made', () => {
  let portal: SandboxPortal;
  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [
        { name: 'payments-prod', id: 'prod', allow: { changes: false } },
      ],
    });
  });
  afterAll(() => portal?.stop());

  const start = async ({
    section,
    ...more
  }: Pick<Parameters<SandboxPortal['start']>[0], 'decide' | 'section'>) =>
    portal.start({
      knex: await databases.init('SQLITE_3'),
      entities,
      // No denied command is tried again because the sandbox has just begun
      section: { timings: { ...TIMINGS, probeGrace: 0 }, ...section },
      ...more,
    });

  it('are left out, and the pod still asks who it is', async () => {
    const { log, id, report, ...rest } = await tried(
      await start({}),
      ADA,
      LEDGER,
    );
    expect([report.probe, report.withheld]).toEqual(['pod', 'tests']);
    expect(rest).toEqual({
      proof: 'credentials',
      status: 'unknown',
      message: expect.stringMatching(/^Not tried: no tag on AWS gives/),
    });
    expect(log).toContain(rest.message);
  });

  it('stay failed until a run that may try them has seen them pass', async () => {
    const replica = await start({ section: { administrators: [ROOT] } });
    const statusAfter = async (
      user: string,
      component: string,
      asked: object = user === ROOT ? LISTS : {},
    ) => {
      const { status, id } = await tried(replica, user, component, asked);
      let verdict: string | undefined;
      await until(async () => {
        const {
          identities: [identity],
        } = await replica.as(ADA).getEntityIdentities({
          kind: 'component',
          namespace: 'default',
          name: LEDGER,
        });
        verdict = identity.status;
        return identity.lastLook?.id === id;
      });
      return [status, verdict];
    };
    expect(await statusAfter(ROOT, LEDGER)).toEqual(['fail', 'broken']);
    // Its pod proves the identity
    expect(await statusAfter(ADA, LEDGER)).toEqual(['skip', 'broken']);
    for (const permissionChecks of [
      [],
      [{ name: 'other', command: ['s3', 'ls'] }],
    ]) {
      expect(await statusAfter(ADA, LEDGER, { permissionChecks })).toEqual([
        undefined,
        'broken',
      ]);
    }
    // No pod was run
    expect(await statusAfter(BOB, 'shop')).toEqual(['skip', 'broken']);
  });

  it('keep the last proof from a user without a pod, whatever else fails', async () => {
    const replica = await start({});
    const proven = await tried(replica, ADA, LEDGER, {});
    const kubernetes = portal.sandbox.cluster('payments-prod');
    const account = kubernetes.get('serviceaccounts', 'payments', LEDGER)!;
    await kubernetes.delete('serviceaccounts', 'payments', LEDGER);
    const { report } = await tried(replica, BOB, 'shop', {});
    const { name, namespace } = account.metadata;
    await kubernetes.apply({ ...account, metadata: { name, namespace } });
    expect(report).toMatchObject({
      status: 'broken',
      probe: 'admission',
      withheld: 'pod',
    });
    const { lastProof } = await replica.as(ADA).getIdentity(report.ref);
    expect(lastProof?.id).toBe(proven.id);
  });

  it('run where the portal only watches and trusts what catalog files claim', async () => {
    const replica = await start({
      section: { guardrails: { probe: { trustClaims: true } } },
    });
    expect(await tried(replica, ADA, LEDGER)).toMatchObject({
      proof: 'credentials',
      ...ANSWERED,
    });
    // Bob's component claims nothing
    expect(await tried(replica, BOB, 'shop')).toMatchObject({
      proof: expect.not.stringContaining('credentials'),
      status: 'unknown',
    });
  });

  it('run under a condition of the policy that allows them, and not where it allows everything', async () => {
    const { isInNamespace } = podIdentityConditions;
    const replica = await start({
      decide: (user, permission) =>
        user === BOB && permission === verificationCreatePermission.name
          ? createPodIdentityConditionalDecision(
              verificationCreatePermission,
              isInNamespace({ namespaces: ['payments'] }),
            )
          : undefined,
    });
    expect(await tried(replica, BOB, 'shop')).toMatchObject(ANSWERED);
    expect(await tried(replica, ADA, LEDGER)).toMatchObject({
      status: 'unknown',
    });
  });

  it('run for the component that a tag names, and no pod for another that claims nothing', async () => {
    const { eks } = portal.sandbox.aws;
    const before = eks
      .associations('payments-prod')
      .find(one => one.serviceAccount === LEDGER)!;
    eks.putAssociation('payments-prod', {
      ...before,
      tags: {
        'backstage.io/entity-ref': `component:default/${LEDGER}`,
        'backstage.io/entity-uid': `${LEDGER}-first`,
      },
    });
    const replica = await start({});
    expect(await tried(replica, ADA, LEDGER)).toMatchObject(ANSWERED);
    expect(await tried(replica, BOB, 'shop')).toMatchObject({
      status: 'unknown',
    });
  });
});
