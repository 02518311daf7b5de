import { SandboxCore } from '../../core/contract';
import { afterUpdate } from '../patch/managedFields';
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
  /** What was tried. Only the scheduler says it: its events are of `events.k8s.io`, without count and source. */
  action?: string;
}

/** Where the control plane's parts run. */
const CONTROL_PLANE_HOST = 'control-plane';

const managerOf = ({ component, action }: EventText) => {
  if (action) {
    return 'kube-scheduler';
  }
  return component === 'kubelet' ? component : 'kube-controller-manager';
};

/** RFC 3339 with microseconds. */
const microTime = (epochMs: number) =>
  new Date(epochMs).toISOString().replace('Z', '000Z');

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
    const client = this.client.as(managerOf(text));
    const key = [about.metadata.uid, text.reason, text.message].join('\n');
    const known = this.#names.get(key);
    if (known && this.client.get('events', namespace, known)) {
      await client.change('events', namespace, known, event =>
        this.repeat(event),
      );
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
    await this.create(client, namespace, name, about, text);
    const { clock } = this.core;
    clock.schedule(clock.now() + KEPT_MS, async () => {
      this.#names.delete(key);
      await this.client.remove('events', namespace, name);
    });
  }

  private create(
    client: InternalClient,
    namespace: string,
    name: string,
    about: KubeObject,
    text: EventText,
  ) {
    const involvedObject = {
      kind: about.kind,
      namespace: about.metadata.namespace,
      name: about.metadata.name,
      uid: about.metadata.uid,
      apiVersion: about.apiVersion,
      resourceVersion: about.metadata.resourceVersion,
      ...(text.fieldPath && { fieldPath: text.fieldPath }),
    };
    const { reason, message, type } = text;
    const event = { metadata: { name }, involvedObject, reason, message };
    if (text.action === undefined) {
      const now = isoTime(this.core.clock.now());
      return client.create('events', namespace, {
        ...event,
        source: {
          component: text.component,
          ...(text.host && { host: text.host }),
        },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
        type,
        eventTime: null,
        reportingComponent: text.component,
        reportingInstance: text.host ?? '',
      });
    }
    const newStyle = {
      action: text.action,
      eventTime: microTime(this.core.clock.now()),
      reportingInstance: `${text.component}-${CONTROL_PLANE_HOST}`,
    };
    return client.create(
      'events',
      namespace,
      {
        ...event,
        source: {},
        firstTimestamp: null,
        lastTimestamp: null,
        type,
        ...newStyle,
        reportingComponent: text.component,
      },
      this.newStyleFields(client.manager, {
        ...newStyle,
        note: message,
        reason,
        regarding: involvedObject,
        reportingController: text.component,
        type,
      }),
    );
  }

  /** The fields of an event as `events.k8s.io` names them, which is where its writer sent it. */
  private newStyleFields(manager: string, event: object) {
    const apiVersion = 'events.k8s.io/v1';
    return afterUpdate(
      undefined,
      { apiVersion, kind: 'Event', metadata: { name: '' }, ...event },
      'EventsV1Event',
      {
        name: manager,
        operation: 'Update',
        apiVersion,
        time: isoTime(this.core.clock.now()),
      },
    );
  }

  private repeat(event: KubeObject) {
    const now = this.core.clock.now();
    if (event.eventTime) {
      event.series = {
        count: (event.series?.count ?? 1) + 1,
        lastObservedTime: microTime(now),
      };
    } else {
      event.count = (event.count ?? 1) + 1;
      event.lastTimestamp = isoTime(now);
    }
  }
}
