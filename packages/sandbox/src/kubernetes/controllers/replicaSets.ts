import { SandboxCore } from '../../core/contract';
import { isoTime, KubeObject } from '../types';
import { InternalClient } from './client';
import { Controller } from './controller';
import { EventRecorder } from './events';
import { isActive, isReady, podFrom } from './ownership';

/** Maintains the number of pods of a ReplicaSet. */
export class ReplicaSetController extends Controller {
  constructor(
    core: SandboxCore,
    client: InternalClient,
    private readonly events: EventRecorder,
  ) {
    super(core, client, 'replicasets', 'ReplicaSet', 'pods');
  }

  protected async reconcile(set: KubeObject) {
    const pods = this.ownedBy(set).filter(isActive);
    const wanted: number = set.spec.replicas ?? 1;
    let refused: unknown;
    try {
      for (let n = pods.length; n < wanted; n++) {
        await this.createPod(
          set,
          podFrom(set.spec.template, set),
          this.events,
          'replicaset-controller',
        );
      }
    } catch (error) {
      refused = error;
    }
    const surplus = pods.length - wanted;
    const leaving =
      surplus > 0 ? pods.sort(byDeletionOrder).slice(0, surplus) : [];
    for (const pod of leaving) {
      await this.client.remove(
        'pods',
        pod.metadata.namespace,
        pod.metadata.name,
      );
      await this.events.record(set, {
        type: 'Normal',
        reason: 'SuccessfulDelete',
        message: `Deleted pod: ${pod.metadata.name}`,
        component: 'replicaset-controller',
      });
    }
    const now = this.ownedBy(set).filter(isActive);
    const ready = now.filter(isReady).length;
    await this.setStatus(set, {
      replicas: now.length,
      ...(now.length > 0 && { fullyLabeledReplicas: now.length }),
      ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
      observedGeneration: set.metadata.generation,
      ...(refused !== undefined && {
        conditions: [this.failure(set, refused)],
      }),
    });
    if (refused !== undefined) {
      throw refused;
    }
  }

  /** That pods are refused, with the reason of the first refusal. */
  private failure({ status }: KubeObject, refused: unknown) {
    const [known] = status?.conditions ?? [];
    return (
      known ?? {
        type: 'ReplicaFailure',
        status: 'True',
        lastTransitionTime: isoTime(this.core.clock.now()),
        reason: 'FailedCreate',
        message: (refused as Error).message,
      }
    );
  }
}

/** Sort order for deletion: unready pods first, then the youngest. */
function byDeletionOrder(a: KubeObject, b: KubeObject): number {
  return (
    Number(isReady(a)) - Number(isReady(b)) ||
    (b.metadata.creationTimestamp ?? '').localeCompare(
      a.metadata.creationTimestamp ?? '',
    )
  );
}
