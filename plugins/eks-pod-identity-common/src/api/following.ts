import { ResponseError } from '@backstage/errors';
import { createParser, EventSourceMessage } from 'eventsource-parser';
import { z } from 'zod/v3';
import {
  isFinished,
  OperationEvent,
  operationEventSchema,
} from './operationEvents';
import { Operation } from './operations';
import { FollowOptions, PodIdentityRequestOptions } from './requestOptions';

const SILENCE_MS = 30_000;
/** Long enough for a backend to restart. */
const PATIENCE_MS = 120_000;
/** After this many broken streams in a row, polling replaces them. */
const MAX_DROPPED = 3;
/** Statuses below 500 that are worth a retry. */
const TEMPORARY = [408, 425, 429];

/** Aborts with the caller's signal, or when the connection was silent for too long. */
class Watch {
  readonly #controller = new AbortController();
  readonly #ms: number;
  readonly #outer?: AbortSignal;
  readonly #onAbort = () => this.#controller.abort(this.#outer!.reason);
  #timer?: ReturnType<typeof setTimeout>;
  silent = false;

  constructor(ms: number, outer?: AbortSignal) {
    this.#ms = ms;
    this.#outer = outer;
    outer?.addEventListener('abort', this.#onAbort, { once: true });
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.silent = true;
      this.#controller.abort(
        new Error(`The backend did not answer within ${this.#ms / 1000} s`),
      );
    }, this.#ms);
  }

  end() {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }
}

/** The requests for the events of one operation. */
export interface EventRequests {
  stream(
    after: number,
    options: PodIdentityRequestOptions,
  ): Promise<{ body: ReadableStream<Uint8Array> | null }>;
  poll(
    after: number,
    options: PodIdentityRequestOptions,
  ): Promise<{ operation: Operation; events: OperationEvent[] }>;
}

/** Every event in order until the operation has finished, also over connections that break. */
export async function* followEvents(
  requests: EventRequests,
  options: FollowOptions,
): AsyncGenerator<OperationEvent, void, undefined> {
  const interval = options.intervalMs ?? 1000;
  const patience = options.patienceMs ?? PATIENCE_MS;
  const token = async () =>
    options.getToken ? options.getToken() : options.token;
  let after = options.after ?? 0;
  let streaming = (options.mode ?? 'stream') === 'stream';
  let dropped = 0;
  let failingSince: number | undefined;
  for (;;) {
    options.signal?.throwIfAborted();
    const watch = new Watch(options.silenceMs ?? SILENCE_MS, options.signal);
    try {
      const request = { token: await token(), signal: watch.signal };
      if (streaming) {
        const before = after;
        const { body } = await requests.stream(after, request);
        for await (const event of readStream(body!, watch)) {
          after = event.seq;
          yield event;
          if (isEnd(event)) return;
        }
        dropped = after > before ? 0 : dropped + 1;
      } else {
        const page = await requests.poll(after, request);
        failingSince = undefined;
        for (const event of page.events) {
          after = event.seq;
          yield event;
          if (isEnd(event)) return;
        }
        const { state, lastSeq } = page.operation;
        if (isFinished(state) && after >= lastSeq) return;
      }
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      if (!streaming) {
        failingSince ??= Date.now();
        if (!isTemporary(error) || Date.now() - failingSince > patience) {
          throw error;
        }
      } else if (error instanceof ResponseError && !isTemporary(error)) {
        throw error;
      }
      // A proxy that buffers a stream until its end would buffer the next one too
      dropped = watch.silent ? MAX_DROPPED : dropped + 1;
    } finally {
      watch.end();
    }
    // Proxies that do not pass event streams must not hide the end of an operation
    if (dropped >= MAX_DROPPED) streaming = false;
    await pause(interval, options.signal);
  }
}

function isEnd(event: OperationEvent): boolean {
  return event.type === 'state' && isFinished(event.data.state);
}

/** True for failures of the network, a gateway or a restarting backend, which a retry may get past. */
function isTemporary(error: unknown): boolean {
  if (error instanceof ResponseError) {
    return error.statusCode >= 500 || TEMPORARY.includes(error.statusCode);
  }
  return !(error instanceof z.ZodError);
}

async function* readStream(
  body: ReadableStream<Uint8Array>,
  watch: Watch,
): AsyncGenerator<OperationEvent, void, undefined> {
  const pending: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: event => pending.push(event) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      watch.heard();
      parser.feed(decoder.decode(value, { stream: true }));
      for (const message of pending.splice(0)) {
        yield operationEventSchema.parse(JSON.parse(message.data));
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Resolves after the pause, or rejects as soon as the signal aborts. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const listening = new AbortController();
    const timer = setTimeout(() => {
      listening.abort();
      resolve();
    }, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true, signal: listening.signal },
    );
  });
}
