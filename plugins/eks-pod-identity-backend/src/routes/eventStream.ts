import { LoggerService } from '@backstage/backend-plugin-api';
import type { Response } from 'express';
import { z } from 'zod/v3';
import {
  isFinished,
  OperationEvent,
  operationEventSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from 'eks-pod-identity-engine';
import type { Operations } from '../operations/Operations';
import type { EventHub } from '../operations/EventHub';
import { CallerLimiter } from '../operations/CallerLimiter';
import type { Reader } from '../permissions/Reader';
import type { OperationRecord, Store } from '../store';

const eventsSchema = z.array(operationEventSchema);
/** Proxies close connections on which nothing moves. */
const COMMENT_MS = 15_000;
const PAGE = 200;
/** More than anybody has pages open; each one is a connection and asks the database at every event. */
const STREAMS_PER_CALLER = 30;

/** Counts the event streams that this process has open for each caller. */
export function openStreams(): CallerLimiter {
  return new CallerLimiter({
    limit: STREAMS_PER_CALLER,
    refusal: `You follow ${STREAMS_PER_CALLER} operations here already: close one of the pages that show them, or ask with poll=true`,
  });
}

/** Events of one operation after `after`, at most one page. */
export async function readEvents(
  store: Store,
  record: OperationRecord,
  after: number,
): Promise<OperationEvent[]> {
  return store.events.list({
    runId: record.runId,
    operationId: record.id,
    after,
    until: record.endSeq,
    limit: PAGE,
  });
}

/** Compression holds unflushed text back; it adds `flush` to the response. */
function send(response: Response, text: string) {
  response.write(text);
  (response as Response & { flush?: () => void }).flush?.();
}

/**
 * Streams an operation's events until it has ended, the reader leaves, or this process shuts down; the reader may
 * resume after the last id at any replica.
 */
export async function streamEvents(options: {
  store: Store;
  hub: EventHub;
  clock: Clock;
  operations: Operations;
  record: OperationRecord;
  reader: Reader;
  after: number;
  response: Response;
  shutdown: AbortSignal;
  logger: LoggerService;
}): Promise<void> {
  const { store, hub, clock, operations, response } = options;
  const left = new AbortController();
  response.on('close', () => left.abort(new Error('the reader left')));
  const signal = AbortSignal.any([left.signal, options.shutdown]);

  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'private, no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  send(response, ': following\n\n');
  const comments = new AbortController();
  const beat = async () => {
    const stop = AbortSignal.any([signal, comments.signal]);
    while (!stop.aborted) {
      await clock.sleep(COMMENT_MS, stop);
      send(response, ': still here\n\n');
    }
  };
  beat().catch(() => undefined);

  const subscription = hub.subscribe(options.record.runId);
  try {
    let { after } = options;
    while (!signal.aborted) {
      // Its end is read before its events, so that an ended operation is shown whole.
      const record = await operations.get(options.record.id);
      const events = await readEvents(store, record, after);
      for (const event of await options.reader.show(eventsSchema, events)) {
        after = event.seq;
        send(response, `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
      }
      if (events.length === PAGE) continue;
      if (isFinished(record.state) && after >= record.lastSeq) return;
      if (events.length === 0 && isFinished(record.state)) return;
      await subscription.changed(after, signal);
    }
  } catch (error) {
    if (!signal.aborted) {
      // The headers have been sent; a reader that is cut off resumes.
      options.logger.warn(
        `The event stream of operation ${options.record.id} broke`,
        error as Error,
      );
      response.destroy();
    }
  } finally {
    subscription.close();
    comments.abort();
    response.end();
  }
}
