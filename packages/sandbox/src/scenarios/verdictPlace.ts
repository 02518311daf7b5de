import { PATIENCE_MS } from '../../patience';
import { serviceTrust } from '../aws/direct/iam';
import type { KubeObject, Manifest } from '../kubernetes';
import type { Sandbox } from '../sandbox';
import { PORTAL_GROUPS } from '../seed/accounts';
import {
  deployment,
  namespace as namespaced,
  portalClusterRole,
  serviceAccount,
} from '../seed/manifests';
import { S3_READ } from './applicationParts';

const CLUSTER = 'payments-prod';
/** The service account in each of the namespaces. */
export const VERDICT_ACCOUNT = 'app';
const HOUR_MS = 3_600_000;

const KEYS = [
  { name: 'AWS_ACCESS_KEY_ID', value: 'AKIAIOSFODNN7EXAMPLE' },
  {
    name: 'AWS_SECRET_ACCESS_KEY',
    value: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
];

/** What is done to a pod template. */
export type Change = (template: KubeObject) => void;

export const keys: Change = ({ spec }) => {
  spec.containers[0].env = KEYS;
};
export const sidecarWithKeys: Change = ({ spec }) => {
  const [app] = spec.containers;
  spec.containers.push({ ...structuredClone(app), name: 'proxy', env: KEYS });
};
export const optedOut: Change = ({ metadata }) => {
  metadata.labels = {
    ...metadata.labels,
    'eks.amazonaws.com/skip-pod-identity-webhook': 'true',
  };
};
export const withoutImage: Change = ({ spec }) => {
  spec.containers[0].image = 'registry.invalid/app:2.0.0';
};
/** Its pods run and never get ready, so that a roll-out does not end. */
export const neverReady: Change = ({ spec }) => {
  spec.containers[0].readinessProbe = {
    exec: { command: ['false'] },
    periodSeconds: 60,
  };
};
export const both =
  (one: Change, other: Change): Change =>
  template => {
    one(template);
    other(template);
  };

/** A namespace of its own on one cluster, with a service account that an application uses. */
export class VerdictPlace {
  constructor(
    private readonly sandbox: Pick<Sandbox, 'aws' | 'clock' | 'cluster'>,
    readonly namespace: string,
  ) {}

  get kube() {
    return this.sandbox.cluster(CLUSTER);
  }

  async begin(): Promise<void> {
    await this.kube.apply([
      namespaced(this.namespace),
      serviceAccount(this.namespace, VERDICT_ACCOUNT),
    ]);
  }

  /** Has the webhook give its pods a role by IRSA. */
  async annotate(): Promise<void> {
    const { arn } = this.sandbox.aws.iam.putRole({ name: this.namespace });
    const account = serviceAccount(this.namespace, VERDICT_ACCOUNT);
    account.metadata.annotations = { 'eks.amazonaws.com/role-arn': arn };
    await this.kube.apply(account);
  }

  /** Gives it a role; both are an hour old unless the association comes now, after pods that run. */
  associate({ broken = false, now = false } = {}): void {
    const { aws, clock } = this.sandbox;
    const created = clock.now() - HOUR_MS;
    const role = aws.iam.putRole({
      name: this.namespace,
      attached: [S3_READ],
      ...(broken ? { trust: serviceTrust('ec2.amazonaws.com') } : {}),
    });
    role.createdAt = created;
    aws.eks.putAssociation(CLUSTER, {
      namespace: this.namespace,
      serviceAccount: VERDICT_ACCOUNT,
      roleArn: role.arn,
      ...(now ? {} : { createdAt: created, modifiedAt: created }),
    });
  }

  /** A Deployment; waits until its pods are ready, unless they never get so. */
  async deploy(
    change: Change = () => {},
    { name = VERDICT_ACCOUNT, replicas = 1, ready = true } = {},
  ): Promise<void> {
    const object = deployment(this.namespace, name, { replicas });
    const { template } = object.spec;
    template.spec.serviceAccountName = VERDICT_ACCOUNT;
    delete template.spec.containers[0].resources;
    change(template);
    await this.kube.apply(object);
    if (ready) await this.rolledOut(name);
  }

  /** Rolls another template out, and waits until its pods are ready, unless they never get so. */
  async change(
    change: Change,
    { ready = true, more = {} as object } = {},
  ): Promise<void> {
    const { namespace: ns } = this;
    await this.kube.change('deployments', ns, VERDICT_ACCOUNT, ({ spec }) => {
      Object.assign(spec, more);
      change(spec.template);
    });
    if (ready) await this.rolledOut(VERDICT_ACCOUNT);
  }

  rolledOut(name: string): Promise<unknown> {
    return this.until(
      name,
      ({ metadata, spec, status = {} }) =>
        status.observedGeneration === metadata.generation &&
        (status.updatedReplicas ?? 0) === spec.replicas &&
        (status.readyReplicas ?? 0) === spec.replicas &&
        (status.replicas ?? 0) === spec.replicas &&
        // A pod that is ending still runs
        this.kube
          .list('pods', this.namespace)
          .every(pod => !pod.metadata.deletionTimestamp),
    );
  }

  /** Waits until a Deployment is as it should be. */
  until(name: string, is: (object: KubeObject) => boolean): Promise<unknown> {
    return this.kube.waitFor(
      'deployments',
      this.namespace,
      name,
      object => object !== undefined && is(object),
      AbortSignal.timeout(PATIENCE_MS),
    );
  }

  /** Waits until a pod beside `old` ones is at its containers, or cannot pull their image. */
  async untilNewPod(old = 0): Promise<void> {
    const came = () =>
      this.kube
        .list('pods', this.namespace)
        .filter(({ status }) =>
          (status?.containerStatuses ?? []).some(
            ({ state = {} }: KubeObject) =>
              state.running || /ImagePull/.test(state.waiting?.reason ?? ''),
          ),
        ).length > old;
    await this.until(VERDICT_ACCOUNT, came);
  }

  /** Waits until Kubernetes says why a roll-out does not go on. */
  untilStuck(why: string): Promise<unknown> {
    return this.until(VERDICT_ACCOUNT, ({ status }) =>
      status?.conditions?.some(({ reason }: KubeObject) => reason === why),
    );
  }

  /** A CronJob that does not run now. */
  async schedule(change: Change = () => {}): Promise<void> {
    const { spec } = deployment(this.namespace, 'nightly');
    const { template } = spec;
    Object.assign(template.spec, {
      serviceAccountName: VERDICT_ACCOUNT,
      restartPolicy: 'Never',
    });
    change(template);
    const cronJob: Manifest = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly', namespace: this.namespace },
      spec: { schedule: '0 3 1 1 *', jobTemplate: { spec: { template } } },
    };
    await this.kube.apply(cronJob);
  }

  /** No further pod is admitted, so that no test pod runs. */
  async fill(): Promise<void> {
    await this.kube.apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'full', namespace: this.namespace },
      spec: { hard: { pods: '0' } },
    });
  }
}

/** Takes the right to list pods from the portal, in the whole cluster. */
export async function hidePods({ cluster }: Sandbox): Promise<void> {
  for (const use of Object.keys(PORTAL_GROUPS)) {
    const name = portalClusterRole(use as keyof typeof PORTAL_GROUPS);
    await cluster(CLUSTER).change('clusterroles', undefined, name, role => {
      for (const rule of role.rules) {
        if (!rule.resources.includes('pods')) continue;
        // A rule has at least one of each
        const key = rule.resources.length > 1 ? 'resources' : 'verbs';
        const gone = key === 'verbs' ? 'list' : 'pods';
        rule[key] = rule[key].filter((one: string) => one !== gone);
      }
    });
  }
}
