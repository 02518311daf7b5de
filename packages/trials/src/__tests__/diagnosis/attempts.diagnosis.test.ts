import { headline } from 'backstage-plugin-eks-pod-identity-common';
import type { Stage } from 'eks-sandbox';
import { KEYS, pod } from './workload';
import { later, restore, stageOf, useWorld, verify } from './world';

/** A way to be called verified although the workload does not work, while a probe pod does. */
interface Attempt {
  what: string;
  /** A scenario, or what is done to the identity. */
  by: string | ((stage: Stage) => unknown | Promise<unknown>);
  /** In the sentences of the report. */
  says: RegExp;
  /** The pods that run have the identity as far as can be seen: the report stays verified, with a note of what is odd or out of sight. */
  noted?: true;
}

const PROXY = 'http://proxy.internal.example:3128';

async function fromSource(
  stage: Stage,
  kind: 'Secret' | 'ConfigMap',
  data: Record<string, string>,
  into: (spec: any, name: string) => void,
  name = 'settings',
) {
  await stage.kube.apply({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: stage.namespace },
    ...(kind === 'Secret' ? { stringData: data } : { data }),
  });
  await stage.changePods(({ spec }) => into(spec, name));
}

const allFrom =
  (key: 'secretRef' | 'configMapRef') => (spec: any, name: string) => {
    spec.containers[0].envFrom = [{ [key]: { name } }];
  };

const mounted = (path: string, volume: object) => (spec: any) => {
  spec.volumes = [{ name: 'aws', ...volume }];
  spec.containers[0].volumeMounts = [{ name: 'aws', mountPath: path }];
};

const valueFrom =
  (names: string[], ref: 'secretKeyRef' | 'configMapKeyRef') =>
  (spec: any, name: string) => {
    spec.containers[0].env = names.map(key => ({
      name: key,
      valueFrom: { [ref]: { name, key } },
    }));
  };

const trustOnly = (stage: Stage, Condition: object) =>
  stage.aws.iam.updateRole(stage.role().arn, {
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          Condition: Condition as never,
        },
      ],
    },
  });

/** A pod of the same service account on a node of its own. */
const podOn = (stage: Stage, nodeName: string, name = 'worker') =>
  stage.kube.apply(
    pod(stage, name, {
      spec: { nodeName, tolerations: [{ operator: 'Exists' }] },
    }),
  );

const NODES = 'arn:aws:iam::111122223333:role/payments-prod-nodes';

const ATTEMPTS: readonly Attempt[] = [
  {
    what: 'the workload runs under default',
    by: 'workload-under-default',
    says: /runs under the service account default/,
  },
  {
    what: 'the workload runs under another service account',
    by: 'workload-under-another-service-account',
    says: /payments-ledger-legacy/,
  },
  {
    what: 'a proxy that exempts IMDS only',
    by: 'proxy-without-exemption',
    says: /through a proxy/,
  },
  {
    what: 'a proxy by ConfigMap and envFrom',
    by: stage =>
      fromSource(
        stage,
        'ConfigMap',
        { HTTP_PROXY: PROXY },
        allFrom('configMapRef'),
        'proxy-settings',
      ),
    says: /proxy|settings/i,
    noted: true,
  },
  {
    what: 'keys in the pod template',
    by: 'static-keys',
    says: /AWS_ACCESS_KEY_ID/,
  },
  {
    what: 'keys by valueFrom of a Secret',
    by: stage =>
      fromSource(
        stage,
        'Secret',
        KEYS,
        valueFrom(Object.keys(KEYS), 'secretKeyRef'),
      ),
    says: /AWS_ACCESS_KEY_ID/,
  },
  {
    what: 'keys by envFrom of a Secret with a name that says so',
    by: stage =>
      fromSource(
        stage,
        'Secret',
        KEYS,
        allFrom('secretRef'),
        'aws-credentials',
      ),
    says: /aws-credentials/,
  },
  {
    what: 'keys by envFrom of a Secret whose name says nothing',
    by: stage => fromSource(stage, 'Secret', KEYS, allFrom('secretRef')),
    says: /Secret (payments\/)?settings|settings/,
    noted: true,
  },
  {
    what: 'keys by envFrom of a ConfigMap',
    by: stage => fromSource(stage, 'ConfigMap', KEYS, allFrom('configMapRef')),
    says: /settings/,
    noted: true,
  },
  {
    what: 'a profile',
    by: 'profile-named',
    says: /AWS_PROFILE/,
  },
  {
    what: 'the default profile renamed',
    by: stage => stage.setEnv({ AWS_DEFAULT_PROFILE: 'ledger' }),
    says: /AWS_DEFAULT_PROFILE/,
  },
  {
    what: '~/.aws from a Secret',
    by: 'aws-files-mounted',
    says: /~\/\.aws/,
  },
  {
    what: '~/.aws from a volume claim',
    by: stage =>
      stage.changePods(({ spec }) =>
        mounted('/home/app/.aws', { emptyDir: {} })(spec),
      ),
    says: /\.aws/,
    noted: true,
  },
  {
    what: 'AWS_SHARED_CREDENTIALS_FILE',
    by: stage =>
      stage.setEnv({ AWS_SHARED_CREDENTIALS_FILE: '/etc/app/credentials' }),
    says: /AWS_SHARED_CREDENTIALS_FILE/,
    noted: true,
  },
  {
    what: 'IRSA variables in the template',
    by: stage =>
      stage.setEnv({
        AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/other',
        AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token',
      }),
    says: /AWS_ROLE_ARN|AWS_WEB_IDENTITY_TOKEN_FILE/,
  },
  {
    what: 'the address of ECS in the template',
    by: stage =>
      stage.setEnv({
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/x',
      }),
    says: /AWS_CONTAINER_CREDENTIALS_RELATIVE_URI/,
  },
  {
    what: 'another agent address in the template',
    by: 'address-preset',
    says: /AWS_CONTAINER_CREDENTIALS_FULL_URI|run without the identity/,
  },
  {
    what: 'a NetworkPolicy for the workload only',
    by: 'network-policy-for-the-workload',
    says: /NetworkPolicy restrict/,
  },
  {
    what: 'the main container left out',
    by: stage =>
      stage.changePods(template => {
        template.metadata.annotations = {
          ...template.metadata.annotations,
          'eks.amazonaws.com/skip-containers': 'app',
        };
        template.spec.containers.push({
          ...structuredClone(template.spec.containers[0]),
          name: 'log-shipper',
        });
      }),
    says: /app/,
  },
  {
    what: 'a container beside the main one left out',
    by: 'container-left-out',
    says: /worker/,
    noted: true,
  },
  {
    what: 'pods opted out by their label',
    by: 'pod-opted-out',
    says: /opted out/,
  },
  {
    what: 'pods from before the association',
    by: 'pods-older-than-association',
    says: /without the identity/,
  },
  {
    what: 'one pod of three from before the association',
    by: async stage => {
      const again = stage.dissociate();
      const [node] = stage.kube.list('nodes');
      await podOn(stage, node.metadata.name);
      again();
      await stage.restart();
    },
    says: /1 of 3 running pods/,
  },
  {
    what: 'the role recreated',
    by: 'role-recreated',
    says: /older than the role/,
  },
  {
    what: 'the association given another role',
    by: 'association-changed-under-pods',
    says: /older than the last change/,
  },
  {
    what: 'the association deleted and made with another role',
    by: async stage => {
      stage.dissociate();
      await stage.later();
      const { arn } = stage.aws.iam.putRole({ name: 'ledger-next' });
      stage.associate(arn);
    },
    says: /older than the association/,
  },
  {
    what: 'one pod on a node whose role is not allowed to call EKS Auth',
    by: async stage => {
      const { arn } = stage.aws.iam.putRole({ name: 'bare-nodes' });
      stage.aws.eks.putNodegroup(stage.cluster, {
        nodegroupName: 'bare',
        nodeRole: arn,
        desiredSize: 1,
      });
      const node = await stage.kube.addNode({
        kind: 'managed',
        roleArn: arn,
        labels: { 'eks.amazonaws.com/nodegroup': 'bare' },
      });
      await podOn(stage, node);
    },
    says: /bare/,
  },
  {
    what: 'one pod on a Windows node',
    by: async stage => {
      await podOn(
        stage,
        await stage.kube.addNode({ kind: 'windows', roleArn: NODES }),
      );
    },
    says: /Windows/,
  },
  {
    what: 'one pod on a hybrid node without agent',
    by: async stage => {
      await podOn(
        stage,
        await stage.kube.addNode({ kind: 'hybrid', roleArn: NODES }),
      );
    },
    says: /hybrid|No ready agent/,
  },
  {
    what: 'security groups for pods in strict mode',
    by: 'security-groups-strict',
    says: /strict mode/,
  },
  {
    what: 'a trust policy for the names of probes only',
    by: stage =>
      trustOnly(stage, {
        StringLike: {
          'aws:RequestTag/kubernetes-pod-name': 'eks-pod-identity-probe-*',
        },
      }),
    says: /allows pod "eks-pod-identity-probe-\*", not "payments-ledger-/,
  },
  {
    what: 'the webhook away for one of two API servers',
    by: 'webhook-down-on-one-server',
    says: /it depends on which API server answers/,
    noted: true,
  },
  {
    what: 'a platform version below the floor',
    by: 'platform-too-old',
    says: /too old/,
  },
];

describe('attempts', () => {
  const world = useWorld();

  it.each(ATTEMPTS)('$what', async ({ by, says, noted }) => {
    await restore(world());
    const stage = stageOf(world());
    if (typeof by === 'string') await world().sandbox.client.scenario(by);
    else await by(stage);
    await later(world());
    const report = await verify(world(), stage.identity);
    expect(report.checks.map(({ message }) => message).join('\n')).toMatch(
      says,
    );
    const isVerified = report.status === 'verified';
    expect({ isVerified, says: headline(report) }).toMatchObject({
      isVerified: noted ?? false,
    });
  });
});
