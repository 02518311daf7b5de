import {
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { countByOperation } from 'eks-sandbox';
import { lookAtAccess } from '../../inventory/lookAtAccess';
import type { Association } from '../../aws/association';
import { ManualClock } from '../../async/ManualClock';
import { VerifyWorld } from '../__testUtils__/VerifyWorld';
import { NarrowLists } from './NarrowLists';
import { presetFacts } from './presetFacts';
import { SweepLists } from './SweepLists';

const HOUR = 3600_000;
const CLUSTER = 'payments-prod';
const AGENT = 'eks-pod-identity-agent';
const NODES = 'arn:aws:iam::111122223333:role/payments-prod-nodes';
const NAMESPACES = ['one', 'two', 'three', 'four', 'five', 'six'];
const refIn = (namespace: string, serviceAccount = 'api') => ({
  cluster: CLUSTER,
  namespace,
  serviceAccount,
});
const REFS: ServiceAccountRef[] = [
  ...NAMESPACES.map(namespace => refIn(namespace)),
  refIn('one', 'missing'),
  refIn('nowhere'),
];

describe('the facts that a sweep reads once for many refs', () => {
  let world: VerifyWorld;
  let clock: ManualClock;
  let narrowLists: NarrowLists;

  beforeAll(async () => {
    world = await VerifyWorld.start();
    for (const name of NAMESPACES) {
      await world.kube().apply({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
      });
      await world.kube().apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'api', namespace: name },
      });
      await world.kube().apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'api-1', namespace: name },
        spec: {
          serviceAccountName: 'api',
          schedulerName: 'none',
          containers: [{ name: 'main', image: 'busybox' }],
        },
      });
    }
    await world.sandbox.client.snapshot('filled');
  });

  beforeEach(() => {
    clock = new ManualClock();
    narrowLists = new NarrowLists(clock);
  });

  afterEach(() => world.sandbox.client.restore('filled'));

  afterAll(() => world.stop());

  /** Verifies all refs as a sweep of the process does; answers with the reports and the lists that it took. */
  async function sweep(
    refs = REFS,
    expected = refs,
    besideLook = false,
    associations: ReadonlyMap<string, Association> = new Map(),
  ) {
    const lists = new SweepLists(expected, narrowLists);
    world.sandbox.calls.reset();
    if (besideLook) {
      const session = world.clusters.session(CLUSTER, 'read');
      const { signal } = new AbortController();
      await lookAtAccess({ session, clock: world.clock, signal, lists });
    }
    const { known, agent } = presetFacts({
      associations,
      listed: new Set(),
      roles: new Map(),
      lists,
    });
    const reports: VerificationReport[] = [];
    for (const ref of refs) {
      reports.push(
        await world.verification.verify(
          {
            ref,
            trigger: 'schedule',
            probe: 'none',
            permissionChecks: [],
            timeoutSeconds: 30,
          },
          world.context(),
          known,
        ),
      );
    }
    const calls = world.sandbox.calls.calls().filter(call => !call.internal);
    const counts = countByOperation(calls);
    const of = (operation: string) => counts[`kubernetes:${operation}`] ?? 0;
    const groups = (operation: string) => counts[`eks:${operation}`] ?? 0;
    return {
      rolesRead: counts['iam:GetRole'],
      nodegroups: [groups('ListNodegroups'), groups('DescribeNodegroup')],
      calls: {
        namespaces: of('list namespaces') + of('get namespaces'),
        serviceAccounts: of('list serviceaccounts'),
        // One more looks for the agent
        pods: of('list pods') - 1,
        networkPolicies: of('list networkpolicies'),
      },
      listed: calls.flatMap(({ operation }) =>
        /^list (networkpolicies|nodes|pods|daemonsets)$/.test(operation)
          ? operation.slice('list '.length)
          : [],
      ),
      agent: agent(),
      said: reports.map(({ checks }) =>
        checks.map(({ id, status, message, observed }) => ({
          id,
          status,
          message,
          observed,
        })),
      ),
    };
  }

  const WIDE = {
    namespaces: 1,
    serviceAccounts: 1,
    pods: 1,
    networkPolicies: 1,
  };
  const NARROW = {
    namespaces: 7,
    serviceAccounts: 7,
    pods: 7,
    networkPolicies: 7,
  };

  it('are lists of the whole cluster where those are fewer, and say what lists of namespaces say', async () => {
    const wide = await sweep();
    expect(wide.calls).toEqual(WIDE);
    for (const resource of [
      'namespaces',
      'serviceaccounts',
      'pods',
      'networkpolicies',
    ]) {
      narrowLists.add(CLUSTER, resource);
    }
    const narrow = await sweep();
    expect(narrow.calls).toEqual(NARROW);
    expect(narrow.said).toEqual(wide.said);
    // There are pods to be seen, which no scheduler takes
    expect(wide.said[0]).toContainEqual({
      id: 'workloads.shadowed',
      status: 'skip',
      message: 'Not applicable: no pod of this service account runs.',
      observed: undefined,
    });
  });

  it('are the node groups that have nodes, read once and not listed', async () => {
    world.sandbox.aws.eks.putNodegroup(CLUSTER, {
      nodegroupName: 'empty',
      nodeRole: NODES,
    });
    // As a node of a group that was deleted meanwhile
    const labels = { 'eks.amazonaws.com/nodegroup': 'gone' };
    await world.kube().addNode({ kind: 'managed', roleArn: NODES, labels });
    const { nodegroups, said } = await sweep();
    expect(nodegroups).toEqual([0, 2]);
    for (const checks of said) {
      expect(checks).toContainEqual(
        expect.objectContaining({
          id: 'cluster.eks-auth-path',
          status: 'pass',
          message: expect.stringMatching(/roles of its nodes may ask EKS Auth/),
        }),
      );
    }
  });

  it('are not the roles that were made after the list of roles', async () => {
    const { arn } = world.sandbox.aws.iam.putRole({ name: 'young' });
    const refs = [refIn('one'), refIn('two')];
    const associations = new Map(
      refs.map(ref => [
        stringifyServiceAccountRef(ref),
        {
          id: 'a-1',
          arn: '',
          roleArn: arn,
          disableSessionTags: false,
          tags: {},
        },
      ]),
    );
    const { said, rolesRead } = await sweep(refs, refs, false, associations);
    for (const checks of said) {
      expect(checks).toContainEqual(
        expect.objectContaining({ id: 'role.exists', status: 'pass' }),
      );
    }
    // The same for both
    expect(rolesRead).toBe(1);
  });

  it('are lists of namespaces where there is one only, or where the portal may list nothing else', async () => {
    expect((await sweep([refIn('one')])).calls).toEqual(WIDE);
    const wide = await sweep();
    await world
      .kube()
      .change(
        'clusterrolebindings',
        undefined,
        'backstage-eks-pod-identity-read',
        binding => {
          binding.subjects = [];
        },
      );
    for (const namespace of NAMESPACES) {
      await world.kube().apply({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'readers', namespace },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: 'backstage-eks-pod-identity-read',
        },
        subjects: [
          {
            kind: 'Group',
            apiGroup: 'rbac.authorization.k8s.io',
            name: 'backstage-readers',
          },
        ],
      });
    }
    const refused = await sweep();
    expect(refused.calls.serviceAccounts).toBe(1 + NARROW.serviceAccounts);
    const accounts = ({ said }: typeof wide) =>
      said.map(checks =>
        checks.find(({ id }) => id === 'service-account.exists'),
      );
    expect(accounts(refused).slice(0, 6)).toEqual(accounts(wide).slice(0, 6));

    expect((await sweep()).calls.serviceAccounts).toBe(NARROW.serviceAccounts);
    await clock.advance(HOUR);
    expect((await sweep()).calls.serviceAccounts).toBe(
      1 + NARROW.serviceAccounts,
    );
  });

  it('are lists of namespaces where the list of the cluster has more pages, as its first one says', async () => {
    for (let index = 0; index < 1_200; index += 1) {
      await world.kube().apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: `other-${index}`, namespace: 'default' },
      });
    }
    // Seven namespaces are worth three pages, five are worth two
    expect((await sweep()).calls).toEqual({ ...WIDE, serviceAccounts: 3 });
    const five = REFS.slice(0, 5);
    expect((await sweep(five)).calls).toEqual({
      ...WIDE,
      serviceAccounts: 1 + 5,
    });
    expect((await sweep(five)).calls).toEqual({ ...WIDE, serviceAccounts: 5 });
    // It is remembered how long the list is, not that it was too long for five
    expect((await sweep()).calls).toEqual({ ...WIDE, serviceAccounts: 3 });
    expect((await sweep(five)).calls).toEqual({ ...WIDE, serviceAccounts: 5 });
  });

  it('are read for a ref that they were not listed for', async () => {
    const [wide] = (await sweep(REFS.slice(0, 1), REFS)).said;
    const late = await sweep(REFS, REFS.slice(1));
    // Its namespace is known: another ref is in it
    expect(late.calls).toEqual({ ...WIDE, serviceAccounts: 2, pods: 2 });
    expect(late.said[0]).toEqual(wide);
  });

  /** As a Helm release leaves it: without the label of the add-on. */
  async function installByHelm(addon: boolean) {
    const kube = world.kube();
    const set = kube.get('daemonsets', 'kube-system', AGENT)!;
    if (!addon) world.sandbox.aws.eks.cluster(CLUSTER).addons.delete(AGENT);
    await kube.delete('daemonsets', 'kube-system', AGENT);
    const labels = { 'app.kubernetes.io/instance': 'identity' };
    const { spec } = set.spec.template;
    await kube.apply({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'identity', namespace: 'kube-system', labels },
      spec: {
        ...set.spec,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec },
      },
    });
    await kube.waitFor(
      'daemonsets',
      'kube-system',
      'identity',
      one => one?.status?.numberReady === 3,
    );
  }

  it.each([
    ['of the add-on', async () => {}, 'pass'],
    ['of a Helm release', () => installByHelm(false), 'pass'],
    ['that the add-on does not know', () => installByHelm(true), 'fail'],
  ])(
    'take an agent %s from what a look beside the sweep lists',
    async (_, install, status) => {
      await install();
      const one = [refIn('one')];
      const alone = await sweep(one);
      const beside = await sweep(one, one, true);
      expect([beside.said, beside.agent]).toEqual([alone.said, alone.agent]);
      // Nodes directly before pods
      const inOrder = ['networkpolicies', 'nodes', 'pods', 'daemonsets'];
      expect(beside.listed).toEqual(inOrder);
      expect(alone.said[0]).toContainEqual(
        expect.objectContaining({ id: 'agent.installed', status }),
      );
    },
  );

  it('waits for the lists of another reader for a limited time, and for few namespaces not at all', async () => {
    const wait = async (lists: SweepLists) => {
      let ended = false;
      const waiting = lists.passed(60_000).then(() => {
        ended = true;
      });
      await clock.advance(59_999);
      const before = ended;
      await clock.advance(1);
      await waiting;
      return before;
    };
    expect(await wait(new SweepLists(REFS, narrowLists))).toBe(false);
    const few = [refIn('one'), refIn('two'), refIn('two', 'other')];
    expect(await wait(new SweepLists(few, narrowLists))).toBe(true);
    const more = [...few, refIn('three')];
    expect(await wait(new SweepLists(more, narrowLists))).toBe(false);
    const ended = new SweepLists(REFS, narrowLists);
    ended.endPassing();
    expect(await wait(ended)).toBe(true);
    const ending = new SweepLists(REFS, narrowLists);
    const waiting = ending.passed(60_000);
    ending.endPassing();
    await waiting;
  });
});
