import {
  HttpAuthService,
  LoggerService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  associationReadPermission,
  operationEventSchema,
  operationSchema,
  planRequestSchema,
  planSchema,
  reportPageSchema,
  ServiceAccountRef,
  serviceAccountRefSchema,
  startOperationSchema,
  stringifyServiceAccountRef,
  verificationReportSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import express, { Request } from 'express';
import Router from 'express-promise-router';
import { z } from 'zod/v3';
import type { Clock } from 'eks-pod-identity-engine';
import type { Acceptance } from '../operations/Acceptance';
import type { AuditTrail } from '../operations/AuditTrail';
import type { EventHub } from '../operations/EventHub';
import { type Caller, initiatorOf } from '../permissions/caller';
import type { Operations } from '../operations/Operations';
import type { Plans } from '../operations/Plans';
import { MAX_SEQ, OperationRecord, Store, toOperation } from '../store';
import { clientLeft, sendCacheable } from './http';
import { databaseUnavailableHandler } from './databaseUnavailable';
import { openStreams, readEvents, streamEvents } from './eventStream';
import { ReaderView } from './ReaderView';
import { summarize } from '../status/reportSummary';
import { parseInput } from './validate';

export interface RouterOptions {
  catalog: CatalogService;
  httpAuth: HttpAuthService;
  permissions: PermissionsService;
  logger: LoggerService;
  store: Store;
  hub: EventHub;
  clock: Clock;
  acceptance: Acceptance;
  operations: Operations;
  plans: Plans;
  audit: AuditTrail;
  /** Ends the open streams. */
  shutdown: AbortSignal;
}

export const eventsQuerySchema = z.object({
  after: z.coerce.number().int().min(0).max(MAX_SEQ).optional(),
  poll: z.enum(['true', 'false']).optional(),
});

export const pageQuerySchema = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
});

export const eventPageSchema = z.object({
  operation: operationSchema,
  events: z.array(operationEventSchema),
});

/** The HTTP API of operations, plans and reports: parse, authorise, hand on. */
export function createRouter(options: RouterOptions): express.Router {
  const { httpAuth, permissions, store, acceptance, operations, audit } =
    options;
  const router = Router();
  const streams = openStreams();
  // A form's inline policies and session policy are the largest thing a request carries.
  router.use(express.json({ limit: '256kb' }));

  const callerOf = (request: Request): Promise<Caller> =>
    httpAuth.credentials(request, { allow: ['user', 'service'] });

  const viewOf = (caller: Caller) => new ReaderView(options, caller);

  const mayRead = async (
    ref: ServiceAccountRef,
    credentials: Caller,
  ): Promise<void> => {
    const resourceRef = stringifyServiceAccountRef(ref);
    const [answer] = await permissions.authorize(
      [{ permission: associationReadPermission, resourceRef }],
      { credentials },
    );
    if (answer.result !== AuthorizeResult.ALLOW) {
      throw new NotAllowedError(
        `You may not see the AWS identity of ${resourceRef}: your portal's policy does not give you ${associationReadPermission.name}`,
      );
    }
  };

  const readable = async (
    request: Request,
  ): Promise<{ record: OperationRecord; caller: Caller }> => {
    const caller = await callerOf(request);
    const record = await operations.get(request.params.id);
    await mayRead(record.ref, caller);
    return { record, caller };
  };

  router.post('/v1/plans', async (request, response) => {
    const left = clientLeft(response);
    const caller = await callerOf(request);
    const body = parseInput(planRequestSchema, request.body, 'plan request');
    const accepted = await acceptance.accept(body, initiatorOf(caller), caller);
    const plan = await options.plans.plan(body, accepted, left).catch(error => {
      if (!left.aborted) throw error;
    });
    if (plan) {
      response.json(await viewOf(caller).limit(planSchema.parse(plan)));
    }
  });

  router.post('/v1/operations', async (request, response) => {
    const caller = await callerOf(request);
    const body = parseInput(startOperationSchema, request.body, 'operation');
    const { record } = await audit.request(request, body, id =>
      operations.start(body, initiatorOf(caller), caller, id),
    );
    const operation = operationSchema.parse(toOperation(record));
    response.status(202).json(await viewOf(caller).limit(operation));
  });

  router.get('/v1/operations/:id', async (request, response) => {
    const { record, caller } = await readable(request);
    const operation = operationSchema.parse(toOperation(record));
    sendCacheable(
      request,
      response,
      await viewOf(caller).limit(operation),
      caller,
    );
  });

  router.get('/v1/operations/:id/events', async (request, response) => {
    const { record, caller } = await readable(request);
    const view = viewOf(caller);
    const query = parseInput(eventsQuerySchema, request.query, 'query');
    // A resumed stream sends the address it began with, and beside it what it has seen since.
    const after = lastEventId(request) ?? query.after ?? 0;
    if (query.poll === 'true') {
      response.set('cache-control', 'private, no-store');
      const page = eventPageSchema.parse({
        operation: toOperation(record),
        events: await readEvents(store, record, after),
      });
      response.json(await view.limit(page));
      return;
    }
    const leave = streams.enter(initiatorOf(caller));
    await streamEvents({ ...options, record, view, response, after }).finally(
      leave,
    );
  });

  router.delete('/v1/operations/:id', async (request, response) => {
    const { record, caller } = await readable(request);
    const cancelled = await audit.cancellation(request, record.id, () =>
      operations.cancel(record.id, initiatorOf(caller)),
    );
    const operation = operationSchema.parse(toOperation(cancelled));
    response.json(await viewOf(caller).limit(operation));
  });

  router.get('/v1/reports/:id', async (request, response) => {
    const caller = await callerOf(request);
    const report = await store.reports.find(request.params.id);
    if (!report) {
      throw new NotFoundError(
        `There is no report ${request.params.id}; old ones are swept, the history of the ServiceAccount shows those that are kept`,
      );
    }
    await mayRead(report.ref, caller);
    sendCacheable(
      request,
      response,
      await viewOf(caller).limit(verificationReportSchema.parse(report)),
      caller,
    );
  });

  router.get(
    '/v1/service-accounts/:cluster/:namespace/:name/reports',
    async (request, response) => {
      const caller = await callerOf(request);
      const { cluster, namespace, name } = request.params;
      const ref = parseInput(
        serviceAccountRefSchema,
        { cluster, namespace, serviceAccount: name },
        'service account reference',
      );
      await mayRead(ref, caller);
      const query = parseInput(pageQuerySchema, request.query, 'query');
      const page = await store.reports.page(ref, {
        limit: query.limit ?? 20,
        cursor: query.cursor,
      });
      const answer = reportPageSchema.parse({
        items: page.items.map(summarize),
        nextCursor: page.nextCursor,
      });
      sendCacheable(request, response, answer, caller);
    },
  );

  router.use(databaseUnavailableHandler(options.logger));
  return router;
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
