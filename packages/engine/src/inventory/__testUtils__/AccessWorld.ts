import type {
  AccessRow,
  ClusterAccess,
} from 'backstage-plugin-eks-pod-identity-common';
import { cloudTrailSource } from '../../evidence/cloudTrail';
import type { NodeOptions } from 'eks-sandbox';
import type { VerifyWorld } from '../../verification/__testUtils__/VerifyWorld';
import { type AccessRequest, lookAtAccess } from '../lookAtAccess';

const NAMESPACE = 'shop';
const PREFIX = 'sandbox.example.com';

/** What a workload of this world is made of. */
export interface RunInput {
  /** ARN for the annotation of IRSA. */
  role?: string;
  /** `shop` by default. */
  namespace?: string;
  /** Of another name than the workload. */
  account?: string;
  /** Who applies the service account. */
  manager?: string;
  /** As the sandbox names programs: `boto3/1.44.8`. */
  sdk?: string;
  annotations?: Record<string, string>;
  podAnnotations?: Record<string, string>;
  env?: Record<string, string>;
  spec?: Record<string, unknown>;
  /** `none`: nothing runs under it. */
  kind?: 'Deployment' | 'CronJob' | 'Pod' | 'none';
}

const POOL = 'example.com/pool';

/** Of the spec of pods: they run on that node. */
export const onPool = (pool: string) => ({
  nodeSelector: { [POOL]: pool },
  tolerations: [{ key: POOL, operator: 'Exists' }],
});

type Statement = Record<string, unknown>;

/** Service accounts on IRSA, with roles whose trust policies are of every shape, and programs that ask by them. */
export class AccessWorld {
  readonly issuer: string;
  readonly provider: string;

  constructor(readonly world: VerifyWorld) {
    const url = world.kube().issuer;
    this.issuer = url.replace('https://', '');
    this.provider = world.sandbox.aws.iam.putOidcProvider({ url });
    // A look searches more often than AWS lets in a second; its pacing is tested elsewhere.
    world.sandbox.aws.set({ lookupsPerSecond: 1_000 });
  }

  /** A statement for IRSA; `condition` replaces that of a plain one. */
  oidc(name: string, condition?: object, more: Statement = {}): Statement {
    return {
      Effect: 'Allow',
      Principal: { Federated: this.provider },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: condition ?? {
        StringEquals: { ...this.sub(name), ...this.aud() },
      },
      ...more,
    };
  }

  /** Of service accounts of this world's namespace, or as `namespace/name`. */
  sub = (...names: string[]) => ({
    [`${this.issuer}:sub`]: names.map(name => {
      const [account, namespace = NAMESPACE] = name.split('/').reverse();
      return `system:serviceaccount:${namespace}:${account}`;
    }),
  });

  aud = (audience = 'sts.amazonaws.com') => ({
    [`${this.issuer}:aud`]: audience,
  });

  /** A role with these trust statements; returns its ARN. */
  role(
    name: string,
    trust: Statement[],
    more: {
      path?: string;
      tags?: Record<string, string>;
      inline?: Record<string, object>;
    } = {},
  ): string {
    return this.world.sandbox.aws.iam.putRole({
      name,
      trust: { Version: '2012-10-17', Statement: trust } as any,
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      ...(more as object),
    }).arn;
  }

  /** A service account with a workload of its name that asks by it. */
  async runs(name: string, input: RunInput = {}): Promise<void> {
    const { role, sdk, kind = 'Deployment', namespace = NAMESPACE } = input;
    const { account = name, manager } = input;
    const metadata = { name, namespace };
    const annotations = {
      ...(role ? { 'eks.amazonaws.com/role-arn': role } : {}),
      ...input.annotations,
    };
    const template = {
      metadata: {
        labels: { app: name },
        annotations: {
          ...(sdk ? { [`${PREFIX}/sdk`]: sdk } : {}),
          ...input.podAnnotations,
        },
      },
      spec: {
        serviceAccountName: account,
        containers: [
          {
            name: 'app',
            image: 'registry.example.com/app',
            env: Object.entries(input.env ?? {}).map(([key, value]) => ({
              name: key,
              value,
            })),
          },
        ],
        ...input.spec,
      },
    };
    const workloads = {
      Deployment: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          replicas: 1,
          selector: { matchLabels: { app: name } },
          template,
        },
      },
      CronJob: {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata,
        spec: {
          schedule: '0 3 * * *',
          jobTemplate: {
            spec: {
              template: {
                ...template,
                spec: { ...template.spec, restartPolicy: 'Never' },
              },
            },
          },
        },
      },
      Pod: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, ...template.metadata },
        spec: template.spec,
      },
    };
    await this.world.kube().apply(
      [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { ...metadata, name: account, annotations },
        },
        ...(kind === 'none' ? [] : [workloads[kind]]),
      ] as any,
      manager,
    );
  }

  /** A node on which only what asks for it by `onPool` runs. */
  async addPool(pool: string, options: Omit<NodeOptions, 'roleArn'>) {
    await this.world.kube().addNode({
      ...options,
      roleArn: this.arn('payments-prod-nodes'),
      labels: { [POOL]: pool },
      taints: [{ key: POOL, value: pool, effect: 'NoSchedule' }],
    });
  }

  arn = (role: string) =>
    `arn:aws:iam::${this.world.sandbox.accountId}:role/${role}`;

  session = (role: string, name: string) =>
    `arn:aws:sts::${this.world.sandbox.accountId}:assumed-role/${role}/${name}`;

  associate(name: string, roleArn: string, disableSessionTags = false): void {
    this.world.sandbox.aws.eks.putAssociation('payments-prod', {
      namespace: NAMESPACE,
      serviceAccount: name,
      roleArn,
      disableSessionTags,
    });
  }

  /** Has CloudTrail say that AWS refused a service account its role by IRSA. */
  refuse(name: string): void {
    this.record(name, {
      errorCode: 'AccessDenied',
      errorMessage: 'An unknown error occurred',
    });
  }

  /** Has CloudTrail of a region say that a service account asked for its role by IRSA. */
  record(name: string, more: Record<string, unknown>, region?: string): void {
    this.world.sandbox.aws.cloudTrail.putEvent({
      region,
      EventName: 'AssumeRoleWithWebIdentity',
      EventSource: 'sts.amazonaws.com',
      CloudTrailEvent: {
        userIdentity: {
          type: 'WebIdentityUser',
          userName: `system:serviceaccount:${NAMESPACE}:${name}`,
          identityProvider: this.provider,
        },
        requestParameters: { roleArn: this.arn(`r-${name}`) },
        ...more,
      },
    });
  }

  /** Waits until every API server injects the association. */
  async effective(name: string): Promise<void> {
    await this.world.gate({
      cluster: 'payments-prod',
      namespace: NAMESPACE,
      serviceAccount: name,
    });
  }

  /** Of a look with the portal's rights. */
  request(): AccessRequest {
    const { clusters, clock } = this.world;
    return {
      session: clusters.session('payments-prod', 'read'),
      clock,
      signal: new AbortController().signal,
      evidence: cloudTrailSource(clusters),
    };
  }

  look = (): Promise<ClusterAccess> => lookAtAccess(this.request());

  /** Rows of a namespace, by the name of the service account. */
  async rows(namespace = NAMESPACE): Promise<Map<string, AccessRow>> {
    const { rows } = await this.look();
    return new Map(
      rows
        .filter(({ ref }) => ref.namespace === namespace)
        .map(row => [row.ref.serviceAccount, row]),
    );
  }

  /** Waits until AWS has recorded that each of these asked by IRSA. */
  async asked(...names: string[]): Promise<void> {
    for (;;) {
      const rows = await this.rows();
      if (names.every(name => rows.get(name)?.programs?.length)) return;
      await this.world.sandbox.clock.sleep(250);
    }
  }
}
