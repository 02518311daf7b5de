/** @needs aws kubectl */
import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import { until } from 'eks-sandbox/patience';
import { createTags } from '../../identity/ownership';
import { realBash } from '../__testUtils__/bash';
import { ACCOUNT, ref, role } from '../__testUtils__/checkWorlds';
import { LIST_WEBHOOKS, policyWebhook } from '../__testUtils__/policyWebhook';
import { checkOf, VerifyWorld } from '../__testUtils__/VerifyWorld';

/** A kubeconfig with a token, because `aws eks get-token` for each command would take longer than the command. */
const KUBECONFIG = `
aws eks update-kubeconfig --name payments-prod --region eu-west-1
kubectl config set-credentials admin --token="$(aws eks get-token --cluster-name payments-prod --region eu-west-1 --query status.token --output text)"
kubectl config set-context --current --user=admin
`;

/** Fixes as they are printed, run by the machine's real bash, `aws` and `kubectl` against the sandbox. */
describe('the commands of fixes', () => {
  let world: VerifyWorld;
  const run = realBash();
  const bash = (script: string) =>
    run(world.sandbox, world.sandbox.credentials.admin, script);
  const verify = async (id: string, request: object = {}) => {
    await world.sandbox.clock.advance(61_000);
    return checkOf(await world.verify({ ref, ...request }), id);
  };
  /** Runs what a fix prints; a manifest goes to `kubectl apply`. */
  const repair = ({ fix }: CheckResult) => {
    const { language, text } = fix!.snippet!;
    return bash(
      language === 'yaml' ? `kubectl apply -f - <<'EOF'\n${text}\nEOF` : text,
    );
  };
  const done = { code: 0, stderr: '' };

  beforeAll(async () => {
    world = await VerifyWorld.start({ clockRate: 5 });
    await world.settled();
    const { code, stderr } = await bash(KUBECONFIG);
    if (code !== 0) throw new Error(stderr);
  });
  afterEach(() => world.reset());
  afterAll(() => world.stop());

  const roles = () => world.sandbox.credentials.roles;
  const expel = (arn: string) =>
    world.sandbox.aws.eks.deleteAccessEntry('payments-prod', arn);

  it('let the role in that the cluster does not know', async () => {
    expel(roles().verify);
    const pod = { probe: 'admission' };
    const check = await verify('access.kubernetes', pod);
    expect(check.status).toBe('unknown');
    expect(await repair(check)).toMatchObject(done);
    expect(await verify('access.kubernetes', pod)).toMatchObject({
      status: 'pass',
    });
  });

  it.each(['', '  '])(
    'map the role where the cluster has no access entries, indented by "%s"',
    async pad => {
      expel(roles().read);
      const { eks } = world.sandbox.aws;
      eks.cluster('payments-prod').authenticationMode = 'CONFIG_MAP';
      const nodes = `${pad}- rolearn: arn:aws:iam::111122223333:role/nodes\n${pad}  username: n\n`;
      await world.kube().apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'aws-auth', namespace: 'kube-system' },
        data: { mapRoles: nodes, mapUsers: '[]' },
      });
      const check = await verify('access.kubernetes');
      expect(check.status).toBe('unknown');
      expect(await repair(check)).toMatchObject(done);
      expect(await verify('access.kubernetes')).toMatchObject({
        status: 'pass',
      });
      const { data } = world
        .kube()
        .get('configmaps', 'kube-system', 'aws-auth')!;
      expect(data.mapUsers).toBe('[]');
      expect(data.mapRoles.startsWith(nodes)).toBe(true);
    },
  );

  it('give the rights that RBAC lacks', async () => {
    await world.forbidKubernetes('readers', 'serviceaccounts');
    const check = await verify('access.kubernetes');
    expect(check.status).toBe('unknown');
    expect(await repair(check)).toMatchObject(done);
    expect(await verify('access.kubernetes')).toMatchObject({ status: 'pass' });
  });

  /** Breaks something, and sees the printed fix bring the check to `status`. */
  const repaired = async (
    id: string,
    breaks: () => unknown,
    {
      status = 'pass',
      request = {},
    }: { status?: string; request?: object } = {},
  ) => {
    await breaks();
    const check = await verify(id, request);
    expect(await repair(check)).toMatchObject(done);
    await world.settled();
    expect(await verify(id, request)).toMatchObject({ status });
    return check;
  };
  const { kube, eks, iam } = {
    kube: () => world.kube(),
    eks: () => world.sandbox.aws.eks,
    iam: () => world.sandbox.aws.iam,
  };
  const AGENT = 'eks-pod-identity-agent';

  it('install the agent', async () => {
    const check = await repaired('agent.installed', async () => {
      eks().cluster('payments-prod').addons.delete(AGENT);
      await kube().delete('daemonsets', 'kube-system', AGENT);
    });
    expect(check.status).toBe('fail');
  });

  it('take over what another tool manages of the agent', async () => {
    const check = await repaired('agent.healthy', () =>
      eks().setAddonHealth('payments-prod', AGENT, {
        status: 'CREATE_FAILED',
        issues: [
          {
            code: 'ConfigurationConflict',
            message: 'Conflicts found when trying to apply.',
            resourceIds: [],
          },
        ],
      }),
    );
    expect(check.status).toBe('warn');
  });

  it('make the role again, for an association that the portal did not make', async () => {
    await repaired('role.exists', () => iam().deleteRole(role), {
      status: 'note',
    });
    expect(await verify('role.trust-policy')).toMatchObject({ status: 'pass' });
  });

  it('put the expected role on the association', async () => {
    const { arn } = iam().putRole({ name: 'ledger-2' });
    const request = { expectedRoleArn: arn };
    await repaired('association.matches', () => {}, { request });
    expect(arn).toBe(`${ACCOUNT}:role/ledger-2`);
  });

  it('allow what the pod was denied', async () => {
    const request = {
      probe: 'pod',
      permissionChecks: [{ name: 'buckets', command: ['s3', 'ls'] }],
    };
    const check = await repaired('permissions.buckets', () => {}, { request });
    expect(check.status).toBe('fail');
  });

  it('take a Deny out of a role of the portal, for an administrator, and keep the rest', async () => {
    const statement = (Effect: 'Allow' | 'Deny', Action: string) => ({
      Effect,
      Action,
      Resource: '*',
    });
    const list = statement('Allow', 's3:ListAllMyBuckets');
    const deny = statement('Deny', 's3:ListAllMyBuckets');
    const of = (...Statement: (typeof list)[]) => ({
      Version: '2012-10-17',
      Statement,
    });
    iam().updateRole(role, {
      tags: createTags(
        {
          portalId: world.config.portalId,
          cluster: world.clusters.get('payments-prod'),
          namespace: ref.namespace,
          serviceAccount: ref.serviceAccount,
        },
        { tags: {} },
      ),
      inline: { guard: of(list, deny), other: of(deny, deny) },
    });
    const request = {
      probe: 'pod',
      permissionChecks: [{ name: 'buckets', command: ['s3', 'ls'] }],
    };
    const check = await verify('permissions.buckets', request);
    expect(check.fix!.actions).toEqual([
      expect.stringMatching(/^The portal did not write the statement number 2/),
      expect.stringMatching(/^The commands below take s3:ListAllMyBuckets out/),
      'This needs IAM rights.',
    ]);
    expect(await repair(check)).toMatchObject(done);
    await world.settled();
    expect(await verify('permissions.buckets', request)).toMatchObject({
      status: 'pass',
    });
    const { inline } = iam().role(role);
    expect(Object.keys(inline)).toEqual(['guard']);
  });

  it('let pods reach the agent through a NetworkPolicy', async () => {
    const check = await repaired('workloads.network', () =>
      kube().apply({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'deny', namespace: 'payments' },
        spec: { podSelector: {}, policyTypes: ['Egress'] },
      }),
    );
    expect(check.status).toBe('warn');
  });

  it('take away what a policy engine left behind', async () => {
    await kube().apply([...LIST_WEBHOOKS, policyWebhook()]);
    const check = await repaired('admission.injects', () => {}, {
      request: { probe: 'admission' },
    });
    expect(check.status).toBe('unknown');
  });

  it('create a namespace again that goes', async () => {
    const holdBy = (finalizers: string[]) =>
      kube().change('namespaces', undefined, 'payments', one => {
        one.metadata.finalizers = finalizers;
      });
    await holdBy(['example.com/holds-it']);
    await kube().delete('namespaces', undefined, 'payments');
    const check = await verify('service-account.exists');
    expect(check.message).toContain('is being deleted');
    world.sandbox.calls.reset();
    const fixed = repair(check);
    const { calls } = world.sandbox;
    await until(() =>
      calls.calls().some(({ operation }) => /namespaces/.test(operation)),
    );
    await holdBy([]);
    expect(await fixed).toMatchObject(done);
    expect(await verify('service-account.exists')).toMatchObject({
      status: 'pass',
    });
  });
});
