import { setTimeout as wait } from 'node:timers/promises';
import type { AssociationRecord, RoleRecord } from '../aws/state/types';
import { ControlError } from '../core/controlError';
import { KubernetesClusterHandle, Manifest } from '../kubernetes';
import { applicationAnnotations } from '../kubernetes/runtime/application/application';
import { KubeObject } from '../kubernetes/types';
import { deployment, namespace, serviceAccount } from '../seed/manifests';
import type { ScenarioContext } from './scenario';

/** The service account that a scenario breaks. */
export interface Identity {
  cluster: string;
  namespace: string;
  serviceAccount: string;
}

/** A healthy identity of the demo, with a Deployment of two pods. */
const USUAL_IDENTITY: Identity = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};

/** `cluster/namespace/service-account`. */
export function identityFrom(
  given: unknown,
  cluster = USUAL_IDENTITY.cluster,
): Identity {
  if (given === undefined) return { ...USUAL_IDENTITY, cluster };
  const parts = typeof given === 'string' ? given.split('/') : [];
  if (parts.length !== 3 || parts.includes('')) {
    throw new ControlError(
      'identity must be cluster/namespace/service-account, such as payments-prod/payments/payments-ledger.',
    );
  }
  const [name, namespaceName, account] = parts;
  return { cluster: name, namespace: namespaceName, serviceAccount: account };
}

/** What an application is given beside its SDK. */
export interface ApplicationInput {
  calls?: string[];
  every?: string;
  env?: Record<string, string>;
}

const variables = (env: Record<string, string>) =>
  Object.entries(env).map(([name, value]) => ({ name, value }));

let runs = 1;

const ROUND_MS = 10;
const CALL_ROUNDS = 1_000;

/** Seconds until the pods of a change run. */
const ROLLOUT_MS = 20_000;

/** An identity on both sides of the sandbox, to be broken. Its Deployment has the name of its service account. */
export class Stage {
  readonly kube: KubernetesClusterHandle;

  constructor(readonly context: ScenarioContext, readonly identity: Identity) {
    this.kube = context.cluster(identity.cluster);
  }

  get aws() {
    return this.context.aws;
  }

  get cluster(): string {
    return this.identity.cluster;
  }

  get namespace(): string {
    return this.identity.namespace;
  }

  /** Of the service account, the role and the Deployment. */
  get name(): string {
    return this.identity.serviceAccount;
  }

  /** Makes the identity whole if nothing of it exists. */
  async ensure(): Promise<void> {
    const { kube, namespace: ns, name } = this;
    const known =
      kube.get('serviceaccounts', ns, name) ??
      kube.get('deployments', ns, name) ??
      this.findAssociation();
    if (known) return;
    const role = this.aws.iam.putRole({
      name,
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    });
    this.associate(role.arn);
    await kube.apply([
      ...(kube.get('namespaces', undefined, ns) ? [] : [namespace(ns)]),
      serviceAccount(ns, name),
      deployment(ns, name, { replicas: 2 }),
    ]);
    await this.rolledOut();
  }

  findAssociation(): AssociationRecord | undefined {
    return this.aws.eks
      .associations(this.cluster)
      .find(
        one =>
          one.namespace === this.namespace && one.serviceAccount === this.name,
      );
  }

  /** @throws when another scenario took the association away */
  association(): AssociationRecord {
    const found = this.findAssociation();
    if (!found) {
      throw new ControlError(
        `${this.namespace}/${this.name} has no association in ${this.cluster} any more.`,
      );
    }
    return found;
  }

  /** The role of the association. */
  role(): RoleRecord {
    return this.aws.iam.role(this.association().roleArn);
  }

  associate(
    roleArn: string,
    more: Partial<AssociationRecord> = {},
  ): AssociationRecord {
    return this.aws.eks.putAssociation(this.cluster, {
      namespace: this.namespace,
      serviceAccount: this.name,
      roleArn,
      ...more,
    });
  }

  updateAssociation(change: Partial<AssociationRecord>): void {
    const { associationId } = this.association();
    this.aws.eks.updateAssociation(this.cluster, associationId, change);
  }

  /** Removes the association and recreates it, with the same settings. */
  dissociate(): () => AssociationRecord {
    const { associationId, roleArn, tags, disableSessionTags, targetRoleArn } =
      this.association();
    this.aws.eks.deleteAssociation(this.cluster, associationId);
    return () =>
      this.associate(roleArn, { tags, disableSessionTags, targetRoleArn });
  }

  /** Writes the annotation of IRSA on the service account. */
  async annotateForIrsa(roleArn: string): Promise<void> {
    const { kube, namespace: ns, name } = this;
    await kube.change('serviceaccounts', ns, name, ({ metadata }) => {
      metadata.annotations = {
        ...metadata.annotations,
        'eks.amazonaws.com/role-arn': roleArn,
      };
    });
  }

  /** Changes the pod template of the Deployment, and waits until its pods are of the new one. */
  async changePods(mutate: (template: KubeObject) => void): Promise<void> {
    const { kube, namespace: ns, name } = this;
    await kube.change('deployments', ns, name, object => {
      object.spec.template.spec ??= {};
      object.spec.template.metadata ??= {};
      mutate(object.spec.template);
    });
    await this.rolledOut();
  }

  /** Mounts a volume into every container of the Deployment. */
  mount(
    volume: { name: string; [source: string]: unknown },
    mountPath: string,
  ): Promise<void> {
    return this.changePods(({ spec }) => {
      spec.volumes = [...(spec.volumes ?? []), volume];
      for (const container of spec.containers) {
        container.volumeMounts = [
          ...(container.volumeMounts ?? []),
          { name: volume.name, mountPath },
        ];
      }
    });
  }

  /** Adds variables to every container of the Deployment. */
  setEnv(env: Record<string, string>): Promise<void> {
    return this.changePods(({ spec }) => {
      for (const container of spec.containers) {
        container.env = [...(container.env ?? []), ...variables(env)];
      }
    });
  }

  /** Makes the program of the pods one that calls AWS by an SDK such as `java-v2/2.57.8`, and waits for its first calls. */
  async runApplication(
    sdk: string,
    { env = {}, ...more }: ApplicationInput = {},
  ): Promise<void> {
    await this.changePods(({ metadata, spec }) => {
      metadata.annotations = {
        ...metadata.annotations,
        ...applicationAnnotations(sdk, more),
        // Pods of an equal template, which a restore has not ended yet, have obtained their role already.
        'sandbox.example.com/run': String(runs++),
      };
      for (const container of spec.containers) {
        container.env = [...(container.env ?? []), ...variables(env)];
      }
    });
    await this.called();
  }

  /** Waits until every pod of the Deployment has said what its calls brought. */
  async called(): Promise<void> {
    const { kube, namespace: ns, name } = this;
    for (let round = 0; round < CALL_ROUNDS; round += 1) {
      const pods = kube
        .list('pods', ns)
        .filter(
          ({ metadata }) =>
            metadata.name.startsWith(`${name}-`) && !metadata.deletionTimestamp,
        );
      const logs = await Promise.all(
        pods.map(({ metadata }) => kube.log(ns, metadata.name)),
      );
      if (pods.length > 0 && logs.every(Boolean)) return;
      await wait(ROUND_MS);
      if (round % 20 === 19) {
        // What waits for an answer that does not come waits by the simulated clock.
        await this.context.core.clock.advance(1_000);
      }
    }
  }

  /** Replaces the pods of the Deployment, as a restart does. */
  restart(): Promise<void> {
    return this.changePods(({ metadata }) => {
      metadata.annotations = {
        ...metadata.annotations,
        'kubectl.kubernetes.io/restartedAt': new Date(
          this.context.core.clock.now(),
        ).toISOString(),
        'sandbox.example.com/restart': String(this.#restarts++),
      };
    });
  }

  #restarts = 1;

  /** Waits until the Deployment has only pods of its present template, whether or not they can run. */
  async rolledOut(): Promise<void> {
    await this.kube
      .waitFor(
        'deployments',
        this.namespace,
        this.name,
        object =>
          object?.status?.observedGeneration === object?.metadata.generation &&
          object?.status?.updatedReplicas === object?.spec.replicas &&
          object?.status?.readyReplicas === object?.spec.replicas &&
          object?.status?.replicas === object?.spec.replicas,
        AbortSignal.timeout(ROLLOUT_MS),
      )
      // Pods that cannot run are what some scenarios show.
      .catch(() => undefined);
  }

  /** Lets time pass, so that the change before is not "a moment ago". */
  later(ms = 600_000): Promise<void> {
    return this.context.core.clock.advance(ms);
  }
}

/** A DaemonSet on the host network of every node that runs for ever. */
export function onEveryNode(
  name: string,
  container: { image: string; [field: string]: unknown },
): Manifest {
  const labels = { 'k8s-app': name };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system', labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          hostNetwork: true,
          tolerations: [{ operator: 'Exists' }],
          containers: [{ name, command: ['sleep', 'infinity'], ...container }],
        },
      },
    },
  };
}
