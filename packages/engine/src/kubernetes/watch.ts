import { pause } from '../async/CallRecorder';
import type { Clock } from '../async/clock';
import { pauseBeforeRetry, type Prospect } from '../async/retryRule';
import { untrusted } from '../text/foreign';
import { errorOfAnswer, isKubernetesError, KubernetesError } from './errors';
import type { KubernetesCall } from './paths';
import type { V1Pod } from './objects';
import { pathOf } from './paths';
import { prospectOf, retryAfterMsOf } from './retries';
import type { KubernetesTransport } from './transport';
import type { PodEvent } from './types';

/** The server ends a watch after this time; the client then resumes it. */
const WATCH_SECONDS = 60;
/** A stream without a byte for this long counts as dead. */
const IDLE_MS = (WATCH_SECONDS + 10) * 1000;

export interface PodWatchDeps {
  transport: KubernetesTransport;
  clock: Clock;
  /** First pause after a failure, milliseconds. */
  retryPauseMs: number;
  listPods(query: {
    namespace: string;
    fieldSelector: string;
    signal?: AbortSignal;
  }): Promise<{ items: V1Pod[]; resourceVersion?: string }>;
}

/** A stream that was silent or is outdated is opened again, as is one that failed in passing. */
function resumable(error: unknown): Prospect | undefined {
  return isKubernetesError(error, 'timeout', 'gone') && !error.givenUp
    ? 'passing'
    : prospectOf(error);
}

/**
 * Yields the pod, as a list or `from` shows it, then every change of it, until it is gone or the signal aborts; neither throws. A closed, silent or
 * outdated watch is resumed without repeating an event. A pod of the same name with another uid is another pod: the
 * first one is reported as DELETED.
 *
 * @throws KubernetesError when the cluster denies the call or stays unreachable
 */
export async function* watchPod(
  deps: PodWatchDeps,
  namespace: string,
  name: string,
  { signal, from }: { signal?: AbortSignal; from?: V1Pod } = {},
): AsyncGenerator<PodEvent, void, undefined> {
  const call = { verb: 'watch', resource: 'pods', namespace, name };
  const fieldSelector = `metadata.name=${name}`;
  let last: V1Pod | undefined;
  let begin = from;
  /** Consecutive failures of the stream, without an event or list between them. */
  let failures = 0;
  let failingSince = 0;
  let listed = false;

  /** Undefined when the object is unchanged. */
  const tell = (pod: V1Pod): PodEvent | undefined => {
    if (
      last &&
      last.metadata?.resourceVersion === pod.metadata?.resourceVersion
    ) {
      return undefined;
    }
    const type = last ? 'MODIFIED' : 'ADDED';
    last = pod;
    return { type, pod };
  };
  const isAnother = (pod: V1Pod) =>
    last !== undefined && last.metadata?.uid !== pod.metadata?.uid;

  while (!signal?.aborted) {
    listed = false;
    try {
      const list = begin
        ? { items: [begin], resourceVersion: begin.metadata?.resourceVersion }
        : await deps.listPods({ namespace, fieldSelector, signal });
      // Only an answer of the server ends a series of failures.
      if (!begin) failures = 0;
      begin = undefined;
      listed = true;
      const found = list.items.find(pod => pod.metadata?.name === name);
      if (!found || isAnother(found)) {
        if (last) yield { type: 'DELETED', pod: last };
        return;
      }
      const event = tell(found);
      if (event) yield event;

      let resourceVersion = list.resourceVersion;
      // The inner loop resumes from the last version; it ends, for a new list, when that version is too old.
      for (let stale = false; !stale && !signal?.aborted; ) {
        const openedAt = deps.clock.now();
        let lines = 0;
        for await (const line of deps.transport.lines(
          {
            call,
            method: 'GET',
            path: pathOf(call, {
              fieldSelector,
              watch: 'true',
              allowWatchBookmarks: 'true',
              timeoutSeconds: WATCH_SECONDS,
              resourceVersion,
            }),
            signal,
          },
          IDLE_MS,
        )) {
          lines++;
          failures = 0;
          const { type, object } = parseLine(line, call);
          if (type === 'ERROR') {
            const error = errorOfAnswer(
              call,
              Number(object?.code) || 500,
              untrusted(JSON.stringify(object ?? {})),
            );
            if (error.kind !== 'gone') throw error;
            stale = true;
            break;
          }
          resourceVersion =
            object?.metadata?.resourceVersion ?? resourceVersion;
          if (type === 'BOOKMARK' || object?.metadata?.name !== name) continue;
          const pod: V1Pod = object;
          if (isAnother(pod)) {
            yield { type: 'DELETED', pod: last! };
            return;
          }
          if (type === 'DELETED') {
            yield { type: 'DELETED', pod };
            return;
          }
          const next = tell(pod);
          if (next) yield next;
        }
        // Do not poll a server that closes at once without an event in a tight loop.
        if (!stale && lines === 0 && deps.clock.now() - openedAt < 1000) {
          await pause('retry', deps.clock, deps.retryPauseMs, signal);
        }
      }
    } catch (error) {
      if (signal?.aborted) return;
      const now = deps.clock.now();
      if (failures === 0) failingSince = now;
      failures += 1;
      // A list that fails has been tried again already.
      const prospect = listed ? resumable(error) : undefined;
      const ms =
        prospect &&
        pauseBeforeRetry(
          {
            prospect,
            tries: failures,
            elapsedMs: now - failingSince,
            retryAfterMs: retryAfterMsOf(error),
          },
          deps.retryPauseMs,
        );
      if (ms === undefined) throw error;
      await pause('retry', deps.clock, ms, signal).catch(() => undefined);
    }
  }
}

function parseLine(
  line: string,
  call: KubernetesCall,
): { type: string; object: any } {
  try {
    return JSON.parse(line);
  } catch (error) {
    // Cut off in the middle: the next watch delivers it whole.
    throw new KubernetesError({
      ...call,
      kind: 'server',
      message: 'the watch was cut off in the middle of an event',
      cause: error,
    });
  }
}
