import type { Clock } from '../../async/clock';
import type { CoreV1Event, V1Pod } from '../../kubernetes/objects';
import type { KubernetesApi } from '../../kubernetes/types';
import { foreign } from '../../text/foreign';
import { unscheduled } from './podState';

/** How often the pod's events are read while no node takes it. */
const LOOK_MS = 3_000;
/** The Cluster Autoscaler looks for such pods every 10 s and Karpenter collects them for at most 10 s. */
export const SILENCE_MS = 20_000;

/** What an autoscaler has said of a pod that fits no node. */
export type Autoscaling =
  | { kind: 'coming' }
  | { kind: 'declined'; words: string }
  | { kind: 'silent' };

const makerOf = (event: CoreV1Event) =>
  event.reportingComponent || event.source?.component || '';

/** What the events of a pod say of a node for it: by the Cluster Autoscaler, Karpenter or Auto Mode. */
function autoscalingOf(events: readonly CoreV1Event[]): Autoscaling {
  const coming = events.some(({ reason }) =>
    ['TriggeredScaleUp', 'Nominated'].includes(reason ?? ''),
  );
  if (coming) return { kind: 'coming' };
  const declined = events.find(
    event =>
      event.reason === 'NotTriggerScaleUp' ||
      (event.reason === 'FailedScheduling' &&
        /karpenter|auto-mode/i.test(makerOf(event))),
  );
  return declined
    ? { kind: 'declined', words: foreign(declined.message) }
    : { kind: 'silent' };
}

interface Waiting {
  kubernetes: KubernetesApi;
  clock: Clock;
}

/**
 * Resolves when waiting for a node is pointless: an autoscaler has said that it starts none, or none has said anything.
 * Never resolves while one starts a node.
 *
 * @throws the signal's reason when aborted
 */
async function noNodeComes(
  { kubernetes, clock }: Waiting,
  { metadata }: V1Pod,
  signal: AbortSignal,
): Promise<Autoscaling> {
  const startedAt = clock.now();
  for (;;) {
    await clock.sleep(LOOK_MS, signal);
    const events = await kubernetes
      .listEvents(
        metadata!.namespace!,
        { fieldSelector: `involvedObject.name=${metadata!.name}` },
        { signal },
      )
      .catch(() => []);
    signal.throwIfAborted();
    const found = autoscalingOf(events);
    const silentMs = clock.now() - startedAt;
    if (found.kind === 'declined') return found;
    if (found.kind === 'silent' && silentMs >= SILENCE_MS) return found;
  }
}

/** A pod that no node takes, for one and the same reason. */
export interface Stuck {
  why: string;
  /** Known when waiting was ended. */
  found?: Autoscaling;
  /** Ends the watch for autoscalers. */
  over(): void;
}

/** Ends `waiting` when no node comes for a pod that the scheduler has refused. */
export function waitForNode(
  options: Waiting,
  pod: V1Pod,
  until: AbortSignal,
  waiting: AbortController,
): Stuck | undefined {
  const why = unscheduled(pod);
  if (why === undefined) return undefined;
  const over = new AbortController();
  const stuck: Stuck = { why, over: () => over.abort() };
  noNodeComes(options, pod, AbortSignal.any([until, over.signal])).then(
    found => {
      stuck.found = found;
      waiting.abort();
    },
    () => undefined,
  );
  return stuck;
}
