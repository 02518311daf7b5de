import { SandboxCore } from '../../core/contract';
import { isoTime, KubeObject } from '../types';
import { InternalClient } from './client';

/** Events are kept for an hour. */
const KEPT_MS = 3600 * 1000;

export interface EventText {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  component: string;
  host?: string;
  /** `spec.containers{probe}` */
  fieldPath?: string;
}

/** Writes the events that `kubectl describe` shows; a repeated event only increases its count. */
export class EventRecorder {
  #sequence = 0;
  /** Event names by content. */
  readonly #names = new Map<string, string>();

  constructor(
    private readonly core: SandboxCore,
    private readonly client: InternalClient,
  ) {}

  async record(about: KubeObject, text: EventText): Promise<void> {
    const namespace = about.metadata.namespace ?? 'default';
    const now = isoTime(this.core.clock.now());
    const key = [about.metadata.uid, text.reason, text.message].join('\n');
    const known = this.#names.get(key);
    if (known && this.client.get('events', namespace, known)) {
      await this.client.change('events', namespace, known, event => {
        event.count = (event.count ?? 1) + 1;
        event.lastTimestamp = now;
      });
      return;
    }
    if (
      this.client.get('namespaces', undefined, namespace)?.metadata
        .deletionTimestamp
    ) {
      return;
    }
    const name = `${about.metadata.name}.${(
      this.core.clock.now() * 4096 +
      this.#sequence++
    ).toString(16)}`;
    this.#names.set(key, name);
    await this.client.create('events', namespace, {
      metadata: { name },
      involvedObject: {
        kind: about.kind,
        namespace: about.metadata.namespace,
        name: about.metadata.name,
        uid: about.metadata.uid,
        apiVersion: about.apiVersion,
        resourceVersion: about.metadata.resourceVersion,
        ...(text.fieldPath && { fieldPath: text.fieldPath }),
      },
      reason: text.reason,
      message: text.message,
      source: {
        component: text.component,
        ...(text.host && { host: text.host }),
      },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type: text.type,
      reportingComponent: text.component,
      reportingInstance: text.host ?? '',
    });
    const { clock } = this.core;
    clock.schedule(clock.now() + KEPT_MS, async () => {
      this.#names.delete(key);
      await this.client.remove('events', namespace, name);
    });
  }
}
