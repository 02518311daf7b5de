import { SandboxCore } from '../../core/contract';
import { withClaims } from '../model/claims';
import { KubeObject } from '../types';
import { InternalClient } from './client';
import { Controller } from './controller';
import { EventRecorder } from './events';
import { isReady, podFrom, templateHash } from './ownership';
import { recordRevision, templateOf } from './revisions';

const ordinalOf = (pod: KubeObject) =>
  Number(pod.metadata.name.split('-').pop());

const HASH_LABEL = 'controller-revision-hash';

/** Runs pods with ordinals, one after the other. */
export class StatefulSetController extends Controller {
  constructor(
    core: SandboxCore,
    client: InternalClient,
    private readonly events: EventRecorder,
  ) {
    super(core, client, 'statefulsets', 'StatefulSet', 'pods');
  }

  protected async reconcile(set: KubeObject) {
    const revision = `${set.metadata.name}-${templateHash(set.spec.template)}`;
    const wanted: number = set.spec.replicas ?? 1;
    await recordRevision(this.client, set, revision);
    const refused = await this.step(set, wanted, revision).then(
      () => undefined,
      error => error,
    );
    const pods = this.ownedBy(set).filter(
      pod => !pod.metadata.deletionTimestamp,
    );
    const ready = pods.filter(isReady).length;
    const updated = pods.filter(
      pod => pod.metadata.labels?.[HASH_LABEL] === revision,
    ).length;
    const current = pods.length - (updated < pods.length ? updated : 0);
    await this.setStatus(set, {
      observedGeneration: set.metadata.generation,
      replicas: pods.length,
      ...(ready > 0 && { readyReplicas: ready }),
      availableReplicas: ready,
      ...(current > 0 && { currentReplicas: current }),
      ...(updated > 0 && { updatedReplicas: updated }),
      currentRevision:
        updated === pods.length
          ? revision
          : set.status?.currentRevision ?? revision,
      updateRevision: revision,
      collisionCount: 0,
    });
    if (refused) throw refused;
  }

  /** Makes one change at a time: creates the next missing pod, else deletes a surplus one, else an outdated one. */
  private async step(set: KubeObject, wanted: number, revision: string) {
    const pods = new Map(
      this.ownedBy(set).map(pod => [pod.metadata.name, pod]),
    );
    const parallel = set.spec.podManagementPolicy === 'Parallel';
    const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
    const partition: number = rollingUpdate?.partition ?? 0;
    const former: string = set.status?.currentRevision ?? revision;
    for (let ordinal = 0; ordinal < wanted; ordinal++) {
      const name = `${set.metadata.name}-${ordinal}`;
      const pod = pods.get(name);
      if (!pod) {
        const own = ordinal < partition ? former : revision;
        const template = templateOf(this.client, set, own);
        await this.createPod(
          set,
          podFrom(withClaims({ ...set.spec, template }, name), set, {
            name,
            labels: {
              [HASH_LABEL]: own,
              'statefulset.kubernetes.io/pod-name': name,
              'apps.kubernetes.io/pod-index': String(ordinal),
            },
          }),
          this.events,
          'statefulset-controller',
          `Create Pod ${name} in StatefulSet ${set.metadata.name} failed error`,
        );
        if (!parallel) return;
      } else if (!isReady(pod) && !parallel) {
        return;
      }
    }
    const ordered = [...pods.values()].sort(
      (a, b) => ordinalOf(b) - ordinalOf(a),
    );
    const leaving =
      ordered.find(pod => ordinalOf(pod) >= wanted) ??
      ordered.find(
        pod =>
          type !== 'OnDelete' &&
          ordinalOf(pod) >= partition &&
          pod.metadata.labels?.[HASH_LABEL] !== revision,
      );
    if (leaving && !leaving.metadata.deletionTimestamp) {
      await this.client.remove(
        'pods',
        leaving.metadata.namespace,
        leaving.metadata.name,
      );
    }
  }
}
