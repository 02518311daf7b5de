import { PORTAL } from '../text/voice';
import type { V1Pod } from '../kubernetes/objects';
import { RESTARTED_AT } from '../kubernetes/workloads';
import { PROBE_SCRIPT } from '../verification/probe/script';
import { ACCEPTED_SCRIPTS } from '../verification/probe/acceptedScripts';
import { explainRefusal } from '../verification/probe/admissionRefusal';
import { ATTACKS } from './__testUtils__/attacks';
import { COMMAND_ATTACKS } from './__testUtils__/commandAttacks';
import { CHANGES, type Workload } from './__testUtils__/changes';
import {
  CLUSTER,
  NAMESPACE,
  type PolicyWorld,
  policyWorld,
} from './__testUtils__/policyWorld';

const ALL_ATTACKS = [...ATTACKS, ...COMMAND_ATTACKS];
const KINDS = {
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  daemonsets: 'DaemonSet',
};
const TRUST = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow' as const,
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
  ],
};
const AT = '2026-11-26T12:00:00.000Z';
const IRSA = 'eks.amazonaws.com/role-arn';

let world: PolicyWorld;
beforeAll(async () => {
  world = await policyWorld();
});
afterAll(() => world.stop());

const FOUR = ['a', 'b', 'c', 'd'].map(name => ({
  name,
  command: ['s3', 'ls', `s3://$(HOME)/$HOME/$$/${name}`, '--page-size=3'],
}));

const PROBE_ONLY = 'backstage-eks-pod-identity-probe-only';

/** Applies a policy without some of its sentences. */
async function without(name: string, sentences: string[]): Promise<void> {
  const policy = world
    .rendered()
    .find(one => one.metadata.name === name && one.spec.validations);
  const { spec } = policy;
  const validations = spec.validations.filter(
    ({ message }: any) => !sentences.some(said => message.includes(said)),
  );
  expect(validations).toHaveLength(spec.validations.length - sentences.length);
  await world.kube.apply([{ ...policy, spec: { ...spec, validations } }]);
}

/** Sees each of the sentences refuse what a policy should refuse, and nothing else do it. */
async function refusedBy(
  name: string,
  sentences: string[],
  work: () => Promise<unknown>,
): Promise<void> {
  for (const said of sentences) {
    await without(
      name,
      sentences.filter(one => one !== said),
    );
    await expect(work()).rejects.toThrow(said);
  }
  await without(name, sentences);
  await work();
}

describe('The policy for those who verify', () => {
  afterEach(() => world.kube.apply(world.rendered()));

  it.each<[string, () => Partial<Parameters<PolicyWorld['probe']>[0]>]>([
    ['as it is', () => ({})],
    ['of a task', () => ({ taskId: 'task-1' })],
    ['with permission checks', () => ({ permissionChecks: FOUR })],
    [
      'of a move, which asks by IRSA',
      () => ({
        irsa: {
          roleArn: 'arn:aws:iam::111122223333:role/old',
          region: 'eu-west-1',
          audience: 'sts.amazonaws.com',
        },
      }),
    ],
    [
      'for as long as it may take',
      () => ({ deadlineSeconds: 3600, graceSeconds: 0 }),
    ],
    [
      'beside a workload',
      () => ({
        placement: {
          nodeSelector: { pool: 'apps' },
          tolerations: [{ key: 'pool', operator: 'Exists' }],
          affinity: {
            nodeAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [],
            },
          },
        },
      }),
    ],
    [
      'with every setting',
      () => ({
        probe: {
          ...world.cluster.probe,
          checkImds: true,
          tolerations: [{ operator: 'Exists' }],
          imagePullSecrets: ['pull'],
          resources: {
            requests: { cpu: '1', memory: '512Mi', 'ephemeral-storage': '1Gi' },
            limits: { cpu: '2000m', memory: '0.5Gi' },
          },
        },
      }),
    ],
  ])('admits the probe %s', async (_, options) => {
    const made = await world.create(world.probe(options()));
    expect(made.metadata?.name).toMatch(/^eks-pod-identity-probe-/);
  });

  it.each(ACCEPTED_SCRIPTS.map(script => [script === PROBE_SCRIPT, script]))(
    'admits the script of this version (%s) and the one before',
    async (_, script) => {
      const pod = world.probe({ permissionChecks: FOUR });
      pod.spec!.containers[0].command![2] = script as string;
      const made = await world.create(pod);
      expect(made.spec?.containers[0].command).toEqual(
        pod.spec!.containers[0].command,
      );
    },
  );

  it('admits what EKS and Kubernetes add', async () => {
    const { kube, sandbox } = world;
    const account = (name: string, annotations = {}) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace: NAMESPACE, annotations },
      imagePullSecrets: [{ name: 'of-the-account' }],
    });
    await kube.apply([
      account('injected'),
      account('irsa-typo', { [IRSA]: 'role/team irsa' }),
      account('irsa', { [IRSA]: 'arn:aws:iam::111122223333:role/team/irsa' }),
      {
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'limits', namespace: NAMESPACE },
        spec: {
          limits: [
            {
              type: 'Container',
              default: { cpu: '2', 'ephemeral-storage': '1Gi' },
            },
          ],
        },
      },
    ]);
    const role = sandbox.aws.iam.putRole({
      name: 'injected',
      trust: TRUST,
    });
    sandbox.aws.eks.putAssociation(CLUSTER, {
      namespace: NAMESPACE,
      serviceAccount: 'injected',
      roleArn: role.arn,
    });
    const under = (serviceAccount: string) =>
      world.create(
        world.probe({
          ref: { cluster: CLUSTER, namespace: NAMESPACE, serviceAccount },
        }),
      );
    const names = ({ spec }: V1Pod) =>
      spec!.containers[0].env!.map(({ name }) => name);
    for (const name of ['irsa', 'irsa-typo']) {
      expect(names(await under(name))).toContain('AWS_ROLE_ARN');
    }
    let injected = await under('injected');
    for (let i = 0; i < 200 && names(injected).length < 5; i++) {
      injected = await under('injected');
    }
    expect(names(injected)).toContain('AWS_CONTAINER_CREDENTIALS_FULL_URI');
    expect(injected.spec).toMatchObject({
      imagePullSecrets: [{ name: 'of-the-account' }],
      containers: [{ resources: { limits: { cpu: '2' } } }],
    });
    await kube.delete('limitranges', NAMESPACE, 'limits');
  });

  it('leaves dry runs free, of each pod', async () => {
    const pod = world.probe();
    pod.spec!.hostNetwork = true;
    pod.spec!.containers[0].image = 'busybox';
    pod.metadata!.name = 'own-template';
    const made = await world.create(pod, '?dryRun=All');
    expect(made.spec?.hostNetwork).toBe(true);
  });

  it.each(ALL_ATTACKS)('refuses %s', async (_, said, change) => {
    const pod = world.probe();
    change(pod);
    await expect(world.create(pod)).rejects.toThrow('This one has ');
    await refusedBy(PROBE_ONLY, [said].flat(), () => world.create(pod));
  });

  it('is named where it refuses the probe of other settings', async () => {
    const pod = world.probe({
      probe: { ...world.cluster.probe, image: 'registry.example.com/aws-cli' },
    });
    const { status, message } = await world.create(pod).catch(error => error);
    const blocker = explainRefusal(
      { status, message },
      { namespace: NAMESPACE, serviceAccount: 'default', voice: PORTAL },
    );
    expect(blocker.sentence).toBe(
      `The admission policy ${PROBE_ONLY}, which is made to let the probe pass and nothing else, does not allow the probe pod: ValidatingAdmissionPolicy '${PROBE_ONLY}' with binding '${PROBE_ONLY}' denied request: The group backstage-verifiers may create the probe of the developer portal and no other pod. This one has another image.`,
    );
    expect(JSON.stringify(blocker.fix)).toContain(
      'eks-pod-identity admission-policies',
    );
  });

  it('has an attack for each of its sentences', () => {
    const [{ spec }] = world.rendered();
    const untried = spec.validations.filter(
      ({ message }: any) =>
        !ALL_ATTACKS.some(([, said]) =>
          [said].flat().some(one => message.includes(one)),
        ),
    );
    expect(untried).toEqual([]);
  });
});

describe('The policies for those who write', () => {
  const workload = (resource: Workload) => ({
    apiVersion: 'apps/v1',
    kind: KINDS[resource],
    metadata: {
      name: 'api',
      namespace: NAMESPACE,
      annotations: { kept: 'yes' },
      labels: { kept: 'yes' },
    },
    spec: {
      minReadySeconds: 5,
      ...(resource === 'statefulsets' ? { serviceName: 'api' } : {}),
      selector: { matchLabels: { app: resource } },
      template: {
        metadata: { labels: { app: resource }, annotations: { kept: 'yes' } },
        spec: {
          serviceAccountName: 'default',
          nodeSelector: { none: 'here' },
          containers: [{ name: 'app', image: 'busybox' }],
        },
      },
    },
  });
  const RESOURCES = Object.keys(KINDS) as Workload[];
  beforeEach(() => world.kube.apply(RESOURCES.map(workload)));
  afterEach(async () => {
    for (const resource of RESOURCES) {
      await world.kube.delete(resource, NAMESPACE, 'api');
    }
    await world.kube.apply(world.rendered());
  });
  const restart = (at: string) => ({
    spec: { template: { metadata: { annotations: { [RESTARTED_AT]: at } } } },
  });

  it.each(RESOURCES)('let them restart %s, again and again', async resource => {
    const api = await world.clusters.session(CLUSTER, 'write').kubernetes();
    const kind = KINDS[resource] as 'Deployment';
    const key = { kind, namespace: NAMESPACE, name: 'api' };
    for (const at of ['2026-11-26T12:00:00.000Z', '2026-11-26T13:00:00.000Z']) {
      const { metadata } = (await api.readWorkload(key))!;
      await api.restartWorkload({ ...key, uid: metadata!.uid }, at);
      const { spec } = (await api.readWorkload(key))!;
      expect(spec?.template?.metadata?.annotations).toEqual({
        kept: 'yes',
        [RESTARTED_AT]: at,
      });
    }
  });

  it.each(
    CHANGES.flatMap(([name, said, patch, of]) =>
      (of ? [of] : RESOURCES).map(
        resource => [name, resource, said, patch] as const,
      ),
    ),
  )('refuse another change: %s of %s', async (_, resource, said, patch) => {
    expect.hasAssertions();
    const beside = {
      spec: {
        ...patch.spec,
        template: {
          ...patch.spec?.template,
          metadata: {
            ...patch.spec?.template?.metadata,
            annotations: {
              ...restart(AT).spec.template.metadata.annotations,
              ...patch.spec?.template?.metadata?.annotations,
            },
          },
        },
      },
      ...(patch.metadata ? { metadata: patch.metadata } : {}),
    };
    await refusedBy(
      `backstage-eks-pod-identity-restart-only-${resource}`,
      [`This changes ${said}`],
      async () => {
        await world.patch(resource, 'api', beside, '?dryRun=All');
        await world.patch(resource, 'api', beside);
      },
    );
  });
});

/** The sandbox looks up the fields of a kind as Kubernetes does, and no types beside them. */
describe('What is said of the types of a policy', () => {
  const typesOf = async (name: string) => {
    const policy = await world.kube.waitFor(
      'validatingadmissionpolicies',
      undefined,
      name,
      one => one?.status?.observedGeneration === one?.metadata.generation,
    );
    return policy?.status.typeChecking;
  };
  const POLICIES = () =>
    world.rendered().filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');

  it('is nothing: what they read of an object goes through dyn() or is there', async () => {
    for (const { metadata } of POLICIES()) {
      expect(await typesOf(metadata.name)).toEqual({});
    }
  });

  it('names a field that its kind does not have, where that is read without dyn()', async () => {
    const own = POLICIES().find(one =>
      one.metadata.name.endsWith('daemonsets'),
    );
    const expression = 'object.spec.replicas == 1';
    const metadata = { name: 'reads-replicas' };
    const validations = [...own.spec.validations, { expression }];
    await world.kube.apply([
      { ...own, metadata, spec: { ...own.spec, validations } },
    ]);
    expect(await typesOf(metadata.name)).toEqual({
      expressionWarnings: [
        {
          fieldRef: `spec.validations[${own.spec.validations.length}].expression`,
          warning: expect.stringContaining(
            "apps/v1, Kind=DaemonSet: ERROR: <input>:1:12: undefined field 'replicas'",
          ),
        },
      ],
    });
    await world.kube.delete(
      'validatingadmissionpolicies',
      undefined,
      metadata.name,
    );
  });
});
