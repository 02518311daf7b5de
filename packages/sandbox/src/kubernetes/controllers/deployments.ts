import { SandboxCore } from '../../core/contract';
import { isoTime, KubeObject } from '../types';
import { InternalClient } from './client';
import { Controller } from './controller';
import { EventRecorder } from './events';
import { ownerReference, shareOf, templateHash } from './ownership';

const REVISION = 'deployment.kubernetes.io/revision';

const revisionOf = (set: KubeObject) =>
  Number(set.metadata.annotations?.[REVISION] ?? 0);

const nextRevision = (sets: KubeObject[]) =>
  sets.reduce((most, set) => Math.max(most, revisionOf(set)), 0) + 1;

const HASH_LABEL = 'pod-template-hash';

/** The reason of a rollout that has ended. */
const COMPLETE = 'NewReplicaSetAvailable';

/** What a Deployment writes on its ReplicaSets: how many replicas it wants, and how many it may have during a rollout. */
function replicaAnnotations({ spec }: KubeObject): Record<string, string> {
  const wanted: number = spec.replicas ?? 1;
  const surge =
    spec.strategy?.type === 'Recreate'
      ? 0
      : shareOf(spec.strategy?.rollingUpdate?.maxSurge, wanted, true);
  return {
    'deployment.kubernetes.io/desired-replicas': String(wanted),
    'deployment.kubernetes.io/max-replicas': String(wanted + surge),
  };
}

const sum = (sets: KubeObject[], field: string): number =>
  sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);

/** Rolls out Deployments: one ReplicaSet per template, scaled up and down within maxSurge and maxUnavailable. */
export class DeploymentController extends Controller {
  constructor(
    core: SandboxCore,
    client: InternalClient,
    private readonly events: EventRecorder,
  ) {
    super(core, client, 'deployments', 'Deployment', 'replicasets');
  }

  protected async reconcile(deployment: KubeObject) {
    const hash = templateHash(deployment.spec.template);
    const sets = this.ownedBy(deployment);
    const known = sets.find(set => set.metadata.labels?.[HASH_LABEL] === hash);
    if (deployment.spec.paused && !known) {
      await this.report(deployment, sets, undefined);
      return;
    }
    const current = known ?? (await this.createSet(deployment, sets, hash));
    const old = sets.filter(set => set.metadata.uid !== current.metadata.uid);
    await this.markRevision(deployment, current, old, !known);
    if (!deployment.spec.paused) {
      await this.roll(deployment, current, old);
      await this.clean(deployment, old);
    }
    const now = this.ownedBy(deployment);
    await this.report(
      deployment,
      now,
      now.find(set => set.metadata.uid === current.metadata.uid),
    );
  }

  private async createSet(
    deployment: KubeObject,
    sets: KubeObject[],
    hash: string,
  ) {
    const { spec, metadata } = deployment;
    const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
    return this.client.create('replicasets', metadata.namespace, {
      metadata: {
        name: `${metadata.name}-${hash}`,
        labels,
        annotations: {
          ...replicaAnnotations(deployment),
          [REVISION]: String(nextRevision(sets)),
        },
        ownerReferences: [ownerReference(deployment)],
      },
      spec: {
        replicas: 0,
        selector: {
          ...spec.selector,
          matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash },
        },
        template: {
          ...spec.template,
          metadata: { ...spec.template.metadata, labels },
        },
      },
    });
  }

  private async markRevision(
    deployment: KubeObject,
    current: KubeObject,
    old: KubeObject[],
    created: boolean,
  ) {
    const { namespace, name } = deployment.metadata;
    const highest = old.reduce(
      (most, set) => Math.max(most, revisionOf(set)),
      0,
    );
    let revision = revisionOf(current);
    if (revision <= highest) {
      revision = highest + 1;
      await this.client.change(
        'replicasets',
        namespace,
        current.metadata.name,
        set => {
          set.metadata.annotations = {
            ...set.metadata.annotations,
            [REVISION]: String(revision),
          };
        },
      );
    }
    if (
      created ||
      deployment.metadata.annotations?.[REVISION] !== String(revision)
    ) {
      await this.client.changeStatus('deployments', namespace, name, object => {
        object.metadata.annotations = {
          ...object.metadata.annotations,
          [REVISION]: String(revision),
        };
        if (created) {
          object.status = {
            ...object.status,
            conditions: this.with(object.status?.conditions, {
              type: 'Progressing',
              status: 'True',
              reason: 'NewReplicaSetCreated',
              message: `Created new replica set "${current.metadata.name}"`,
            }),
          };
        }
      });
    }
  }

  private async roll(
    deployment: KubeObject,
    current: KubeObject,
    old: KubeObject[],
  ) {
    const wanted: number = deployment.spec.replicas ?? 1;
    const oldTotal = old.reduce(
      (total, set) => total + (set.spec.replicas ?? 0),
      0,
    );
    if (deployment.spec.strategy?.type === 'Recreate') {
      for (const set of old) await this.scale(deployment, set, 0);
      if (sum(old, 'replicas') === 0)
        await this.scale(deployment, current, wanted);
      return;
    }
    const rolling = deployment.spec.strategy?.rollingUpdate ?? {};
    const surge = shareOf(rolling.maxSurge, wanted, true);
    let unavailable = shareOf(rolling.maxUnavailable, wanted, false);
    if (surge === 0 && unavailable === 0) unavailable = 1;
    const room = wanted + surge - oldTotal;
    const up = oldTotal === 0 ? wanted : Math.min(wanted, Math.max(room, 0));
    await this.scale(deployment, current, up);

    // Removes unavailable pods at once, and available ones only as far as maxUnavailable allows.
    const minAvailable = Math.max(wanted - unavailable, 0);
    let spare = sum([...old, current], 'availableReplicas') - minAvailable;
    for (const set of old) {
      const replicas: number = set.spec.replicas ?? 0;
      const available: number = set.status?.availableReplicas ?? 0;
      const broken = Math.max(replicas - available, 0);
      const down = broken + Math.min(available, Math.max(spare, 0));
      spare -= down - broken;
      await this.scale(deployment, set, replicas - Math.min(down, replicas));
    }
  }

  private async scale(
    deployment: KubeObject,
    set: KubeObject,
    replicas: number,
  ) {
    const before: number = set.spec.replicas ?? 0;
    if (before === replicas) {
      return;
    }
    const { namespace, name } = set.metadata;
    await this.client.change('replicasets', namespace, name, object => {
      object.spec.replicas = replicas;
      object.metadata.annotations = {
        ...object.metadata.annotations,
        ...replicaAnnotations(deployment),
      };
    });
    await this.events.record(deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${
        replicas > before ? 'up' : 'down'
      } replica set ${name} from ${before} to ${replicas}`,
      component: 'deployment-controller',
    });
  }

  private async clean(deployment: KubeObject, old: KubeObject[]) {
    const empty = old
      .filter(set => set.spec.replicas === 0 && !set.status?.replicas)
      .sort((a, b) => revisionOf(a) - revisionOf(b));
    const limit: number = deployment.spec.revisionHistoryLimit ?? 10;
    for (const set of empty.slice(0, Math.max(empty.length - limit, 0))) {
      await this.client.remove(
        'replicasets',
        set.metadata.namespace,
        set.metadata.name,
      );
    }
  }

  private async report(
    deployment: KubeObject,
    sets: KubeObject[],
    current: KubeObject | undefined,
  ) {
    const wanted: number = deployment.spec.replicas ?? 1;
    const replicas = sum(sets, 'replicas');
    const ready = sum(sets, 'readyReplicas');
    const updated = current?.status?.replicas ?? 0;
    const missing = wanted - ready;
    const rolling = deployment.spec.strategy?.rollingUpdate ?? {};
    const enough =
      ready >= wanted - shareOf(rolling.maxUnavailable, wanted, false);
    const complete =
      updated === wanted && replicas === wanted && ready === wanted;
    const counts = {
      observedGeneration: deployment.metadata.generation,
      ...(replicas > 0 && { replicas }),
      ...(updated > 0 && { updatedReplicas: updated }),
      ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
      ...(missing > 0 && { unavailableReplicas: missing }),
    };
    const available = {
      type: 'Available',
      status: enough ? 'True' : 'False',
      reason: enough
        ? 'MinimumReplicasAvailable'
        : 'MinimumReplicasUnavailable',
      message: enough
        ? 'Deployment has minimum availability.'
        : 'Deployment does not have minimum availability.',
    };
    const progressing = {
      type: 'Progressing',
      status: 'True',
      reason: complete ? COMPLETE : 'ReplicaSetUpdated',
      message: `ReplicaSet "${current?.metadata.name}" ${
        complete ? 'has successfully progressed.' : 'is progressing.'
      }`,
    };
    const { namespace, name } = deployment.metadata;
    await this.client.changeStatus('deployments', namespace, name, object => {
      const before = this.with(object.status?.conditions, available);
      // A rollout that was complete stays so while pods come and go.
      const rolledOut =
        replicas === updated &&
        before.some(({ reason }: any) => reason === COMPLETE);
      object.status = {
        ...counts,
        conditions: rolledOut ? before : this.with(before, progressing),
      };
    });
  }

  /** The conditions with a new one at their end, or as they are when it says nothing new. */
  private with(conditions: any[] = [], wanted: Record<string, string>): any[] {
    const now = isoTime(this.core.clock.now());
    const before = conditions.find(({ type }) => type === wanted.type);
    if (before?.status === wanted.status && before.reason === wanted.reason) {
      return conditions;
    }
    return [
      ...conditions.filter(({ type }) => type !== wanted.type),
      {
        ...wanted,
        lastUpdateTime: now,
        lastTransitionTime:
          before?.status === wanted.status ? before.lastTransitionTime : now,
      },
    ];
  }
}
