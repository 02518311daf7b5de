import type {
  HttpAuthService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { InputError, NotFoundError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  eventPageSchema,
  operationSchema,
  planRequestSchema,
  planSchema,
  reportPageSchema,
  serviceAccountRefSchema,
  startOperationSchema,
  timelineSchema,
  verificationReportSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import express, { type Request } from 'express';
import Router from 'express-promise-router';
import { z } from 'zod/v3';
import type { Clock } from 'eks-pod-identity-engine';
import type { Acceptance } from '../operations/Acceptance';
import type { AuditTrail } from '../operations/AuditTrail';
import type { EventHub } from '../operations/EventHub';
import type { Operations } from '../operations/Operations';
import type { Plans } from '../operations/Plans';
import type { Authorizer } from '../permissions/Authorizer';
import { type Caller, initiatorOf } from '../permissions/caller';
import { Reader } from '../permissions/Reader';
import type { Records } from '../permissions/Records';
import { pastRun } from '../status/reportSummary';
import {
  MAX_SEQ,
  type OperationRecord,
  type Store,
  toOperation,
} from '../store';
import { databaseErrorHandler } from './databaseErrors';
import { openStreams, readEvents, streamEvents } from './eventStream';
import { clientLeft, sendCacheable, sendJson } from './http';
import { cleanAddress, parseInput } from './validate';

export interface RouterOptions {
  acceptance: Acceptance;
  audit: AuditTrail;
  authorizer: Authorizer;
  catalog: CatalogService;
  clock: Clock;
  httpAuth: HttpAuthService;
  hub: EventHub;
  logger: LoggerService;
  operations: Operations;
  plans: Plans;
  records: Records;
  /** Ends the open streams. */
  shutdown: AbortSignal;
  store: Store;
}

export const startQuerySchema = z.object({
  /** Alone, `?timeline`, it is an empty text. */
  timeline: z.enum(['', 'true', 'false']).optional(),
});

export const eventsQuerySchema = z.object({
  after: z.coerce.number().int().min(0).max(MAX_SEQ).optional(),
  poll: z.enum(['true', 'false']).optional(),
});

export const pageQuerySchema = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
});

/** Who asks, and what they may read. */
class Requests {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  async callerOf(request: Request): Promise<Caller> {
    return this.#options.httpAuth.credentials(request, {
      allow: ['user', 'service'],
    });
  }

  readerOf(caller: Caller): Reader {
    const { authorizer, catalog, logger } = this.#options;
    return new Reader({ authorizer, catalog, logger }, caller);
  }

  /**
   * The operation of a path, for a caller who may read what is recorded for its entity, or who started it: what that
   * caller may not read was kept out of the operation.
   */
  async operationOf(
    request: Request,
  ): Promise<{ record: OperationRecord; caller: Caller; reader: Reader }> {
    const { operations, records } = this.#options;
    const caller = await this.callerOf(request);
    const record = await operations.get(request.params.id);
    await records.requireRead(`operation ${record.id}`, record, caller);
    return { record, caller, reader: this.readerOf(caller) };
  }
}

function addOperationRoutes(
  router: express.Router,
  { acceptance, audit, operations, plans, store }: RouterOptions,
  requests: Requests,
) {
  router.post('/v1/plans', async (request, response) => {
    const left = clientLeft(response);
    const caller = await requests.callerOf(request);
    const body = parseInput(planRequestSchema, request.body, 'plan request');
    const initiator = initiatorOf(caller);
    const plan = await audit
      .plan(body, { request }, async () => {
        const accepted = await acceptance.accept(body, initiator, caller);
        return plans.plan(accepted, left);
      })
      .catch(error => {
        if (!left.aborted) throw error;
      });
    if (!plan) return;
    const reader = requests.readerOf(caller);
    sendJson(response, await reader.show(planSchema, planSchema.parse(plan)));
  });

  router.post('/v1/operations', async (request, response) => {
    const caller = await requests.callerOf(request);
    const body = parseInput(startOperationSchema, request.body, 'operation');
    const query = parseInput(startQuerySchema, request.query, 'query');
    const timeline = (query.timeline ?? 'false') !== 'false';
    const { record } = await audit.request(request, caller, body, id =>
      operations.start(body, initiatorOf(caller), caller, { id, timeline }),
    );
    const reader = requests.readerOf(caller);
    sendJson(
      response.status(202),
      await reader.show(operationSchema, parsed(record)),
    );
  });

  router.get('/v1/operations/:id', async (request, response) => {
    const { record, caller, reader } = await requests.operationOf(request);
    const answer = await reader.show(operationSchema, parsed(record));
    sendCacheable(request, response, answer, caller);
  });

  router.get('/v1/operations/:id/timeline', async (request, response) => {
    const { record, caller, reader } = await requests.operationOf(request);
    const timeline = await store.timelines.find(record.runId);
    if (!timeline) {
      throw new NotFoundError(
        record.recordsTimeline
          ? `The timeline of operation ${record.id} can be read once it has ended`
          : `Operation ${record.id} recorded no timeline; add ?timeline when you start one`,
      );
    }
    const answer = await reader.show(
      timelineSchema,
      timelineSchema.parse(timeline),
    );
    sendCacheable(request, response, answer, caller);
  });

  router.delete('/v1/operations/:id', async (request, response) => {
    const { record, caller, reader } = await requests.operationOf(request);
    const cancelled = await audit.cancellation(request, record.id, () =>
      operations.cancel(record.id, initiatorOf(caller)),
    );
    sendJson(response, await reader.show(operationSchema, parsed(cancelled)));
  });
}

function addEventRoutes(
  router: express.Router,
  { clock, hub, logger, operations, shutdown, store }: RouterOptions,
  requests: Requests,
) {
  const streams = openStreams();
  router.get('/v1/operations/:id/events', async (request, response) => {
    const { record, caller, reader } = await requests.operationOf(request);
    const query = parseInput(eventsQuerySchema, request.query, 'query');
    // A resumed stream sends the address it began with, and beside it what it has seen since.
    const after = lastEventId(request) ?? query.after ?? 0;
    if (query.poll === 'true') {
      response.set('cache-control', 'private, no-store');
      const page = eventPageSchema.parse({
        operation: toOperation(record),
        events: await readEvents(store, record, after),
      });
      sendJson(response, await reader.show(eventPageSchema, page));
      return;
    }
    const leave = streams.enter(initiatorOf(caller));
    await streamEvents({
      after,
      clock,
      hub,
      logger,
      operations,
      reader,
      record,
      response,
      shutdown,
      store,
    }).finally(leave);
  });
}

function addReportRoutes(
  router: express.Router,
  { authorizer, records, store }: RouterOptions,
  requests: Requests,
) {
  router.get('/v1/reports/:id', async (request, response) => {
    const caller = await requests.callerOf(request);
    const stored = await store.reports.find(request.params.id);
    if (!stored) {
      throw new NotFoundError(
        `There is no report ${request.params.id}; old ones are swept, the history of the service account shows those that are kept`,
      );
    }
    const { report, ...recorded } = stored;
    await records.requireRead(
      `report ${report.id}`,
      { ref: report.ref, ...recorded },
      caller,
    );
    const reader = requests.readerOf(caller);
    const answer = await reader.show(
      verificationReportSchema,
      verificationReportSchema.parse(report),
    );
    sendCacheable(request, response, answer, caller);
  });

  router.get('/v1/reports/:id/bundle', async (request, response) => {
    const caller = await requests.callerOf(request);
    const { id } = request.params;
    const stored = await store.reports.find(id);
    const bundle = stored && (await store.bundles.find(id));
    if (!bundle) {
      throw new NotFoundError(
        `There is no bundle of report ${id}: it is kept with a report that was ordered, not with one of a sweep; verify again for a new one`,
      );
    }
    const { report, ...recorded } = stored;
    const kept = { ref: report.ref, ...recorded };
    await records.requireRead(`report ${id}`, kept, caller);
    await records.requireFacts(caller);
    response
      .attachment(`eks-pod-identity-${id}.json`)
      .type('application/json')
      .send(bundle);
  });

  router.get(
    '/v1/service-accounts/:cluster/:namespace/:name/reports',
    async (request, response) => {
      const caller = await requests.callerOf(request);
      const { cluster, namespace, name } = request.params;
      const ref = parseInput(
        serviceAccountRefSchema,
        { cluster, namespace, serviceAccount: name },
        'service account reference',
      );
      await authorizer.requireRead(ref, caller);
      const query = parseInput(pageQuerySchema, request.query, 'query');
      const page = await store.reports.page(ref, {
        holders: await records.readable(
          ref,
          await store.reports.holdersOf(ref),
          caller,
        ),
        initiator: initiatorOf(caller).name,
        limit: query.limit ?? 20,
        cursor: query.cursor,
      });
      const answer = reportPageSchema.parse({
        items: page.items.map(pastRun),
        nextCursor: page.nextCursor,
      });
      const reader = requests.readerOf(caller);
      const shown = await reader.show(reportPageSchema, answer);
      sendCacheable(request, response, shown, caller);
    },
  );
}

/** The HTTP API of operations, plans and reports: parse, authorise, hand on. */
export function createRouter(options: RouterOptions): express.Router {
  const router = Router();
  router.use(cleanAddress);
  // A form's inline policies and session policy are the largest thing a request carries.
  router.use(express.json({ limit: '256kb' }));
  const requests = new Requests(options);
  addOperationRoutes(router, options, requests);
  addEventRoutes(router, options, requests);
  addReportRoutes(router, options, requests);
  router.use(databaseErrorHandler(options.logger));
  return router;
}

function parsed(record: OperationRecord) {
  return operationSchema.parse(toOperation(record));
}

function lastEventId(request: Request): number | undefined {
  const text = request.get('last-event-id');
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,9}$/.test(text)) {
    throw new InputError(
      `Last-Event-ID must be the number of an event, not "${text.slice(
        0,
        40,
      )}"`,
    );
  }
  return Number(text);
}
