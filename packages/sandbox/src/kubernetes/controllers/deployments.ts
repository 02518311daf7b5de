import { SandboxCore } from '../../core/contract';
import { KubeObject } from '../types';
import { InternalClient } from './client';
import { Controller } from './controller';
import {
  deadlineOf,
  deploymentStatus,
  sum,
  withCondition,
} from './deploymentStatus';
import { EventRecorder } from './events';
import { ownerReference, shareOf, templateHash } from './ownership';
import { isSpread, replicaAnnotations, shares } from './proportions';
import { keyOf } from './workQueue';

const REVISION = 'deployment.kubernetes.io/revision';

const revisionOf = (set: KubeObject) =>
  Number(set.metadata.annotations?.[REVISION] ?? 0);

const nextRevision = (sets: KubeObject[]) =>
  sets.reduce((most, set) => Math.max(most, revisionOf(set)), 0) + 1;

const HASH_LABEL = 'pod-template-hash';

/** Replicas that a new ReplicaSet may have beside the old ones. */
function roomOf({ spec }: KubeObject, old: KubeObject[]): number {
  const wanted: number = spec.replicas ?? 1;
  const surge = shareOf(spec.strategy?.rollingUpdate?.maxSurge, wanted, true);
  const oldTotal = old.reduce(
    (total, set) => total + (set.spec.replicas ?? 0),
    0,
  );
  return oldTotal === 0
    ? wanted
    : Math.min(wanted, Math.max(wanted + surge - oldTotal, 0));
}

/** Rolls out Deployments: one ReplicaSet per template, scaled up and down within maxSurge and maxUnavailable. */
export class DeploymentController extends Controller {
  /** When each roll-out is looked at again, in case nothing moves. */
  readonly #deadlines = new Map<string, number>();

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
    if (deployment.spec.paused) {
      await this.hold(deployment, sets);
      const held = this.ownedBy(deployment);
      const uid = known?.metadata.uid;
      await this.report(
        deployment,
        held,
        held.find(set => set.metadata.uid === uid),
      );
      return;
    }
    const current = known ?? (await this.createSet(deployment, sets, hash));
    const old = sets.filter(set => set.metadata.uid !== current.metadata.uid);
    await this.markRevision(deployment, current, old, !known);
    const spread = shares(deployment, current, old);
    for (const [set, replicas] of spread) {
      await this.scale(deployment, set, replicas);
    }
    if (!spread.length) await this.roll(deployment, current, old);
    await this.clean(deployment, old);
    const now = this.ownedBy(deployment);
    await this.report(
      deployment,
      now,
      now.find(set => set.metadata.uid === current.metadata.uid),
    );
  }

  /** Keeps a paused Deployment at its number of pods, where they are all of one ReplicaSet. */
  private async hold(deployment: KubeObject, sets: KubeObject[]) {
    const active = sets.filter(set => set.spec.replicas > 0);
    const [only] = active.length ? active : sets;
    if (only && active.length < 2) {
      await this.scale(deployment, only, deployment.spec.replicas ?? 1);
    }
  }

  private async createSet(
    deployment: KubeObject,
    sets: KubeObject[],
    hash: string,
  ) {
    const { spec, metadata } = deployment;
    const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
    const replicas =
      spec.strategy?.type === 'Recreate' ? 0 : roomOf(deployment, sets);
    const created = await this.client.create(
      'replicasets',
      metadata.namespace,
      {
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
          replicas,
          selector: {
            ...spec.selector,
            matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash },
          },
          template: {
            ...spec.template,
            metadata: { ...spec.template.metadata, labels },
          },
        },
      },
    );
    if (replicas > 0) await this.announce(deployment, created, 0);
    return created;
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
            conditions: withCondition(
              object.status?.conditions,
              {
                type: 'Progressing',
                status: 'True',
                reason: 'NewReplicaSetCreated',
                message: `Created new replica set "${current.metadata.name}"`,
              },
              this.core.clock.now(),
            ),
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
    await this.scale(deployment, current, roomOf(deployment, old));

    // Removes unavailable pods first, and available ones only as far as maxUnavailable allows.
    const minAvailable = Math.max(wanted - unavailable, 0);
    const sizeOf = ({ spec }: KubeObject): number => spec.replicas ?? 0;
    const size = [...old, current].reduce((all, set) => all + sizeOf(set), 0);
    const starting = sizeOf(current) - (current.status?.availableReplicas ?? 0);
    let removable = size - minAvailable - starting;
    if (removable <= 0) return;
    let spare = sum([...old, current], 'availableReplicas') - minAvailable;
    for (const set of old) {
      const replicas: number = set.spec.replicas ?? 0;
      const available: number = set.status?.availableReplicas ?? 0;
      const broken = Math.min(Math.max(replicas - available, 0), removable);
      removable -= broken;
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
    if (before === replicas && (!before || isSpread(deployment, set))) {
      return;
    }
    const { namespace, name } = set.metadata;
    const scaled = await this.client.change(
      'replicasets',
      namespace,
      name,
      object => {
        object.spec.replicas = replicas;
        object.metadata.annotations = {
          ...object.metadata.annotations,
          ...replicaAnnotations(deployment),
        };
      },
    );
    if (scaled && before !== replicas) {
      await this.announce(deployment, scaled, before);
    }
  }

  private announce(deployment: KubeObject, set: KubeObject, before: number) {
    const { replicas } = set.spec;
    return this.events.record(deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${replicas > before ? 'up' : 'down'} replica set ${
        set.metadata.name
      } from ${before} to ${replicas}`,
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
    const { clock } = this.core;
    const { namespace, name, generation } = deployment.metadata;
    const reported = await this.client.changeStatus(
      'deployments',
      namespace,
      name,
      object => {
        const at = { generation, now: clock.now() };
        object.status = deploymentStatus(object, sets, current, at);
      },
    );
    const deadline = reported && deadlineOf(reported);
    const key = keyOf(deployment);
    if (deadline !== undefined && this.#deadlines.get(key) !== deadline) {
      this.#deadlines.set(key, deadline);
      clock.schedule(deadline + 1, () => this.queue.add(key));
    }
  }
}
