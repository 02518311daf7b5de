import type {
  HttpAuthService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { InputError, NotFoundError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  moveQueueEndpoints,
  operationEndpoints,
  reportEndpoints,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { jsonBody } from './jsonBody';
import express, { type Request } from 'express';
import Router from 'express-promise-router';
import type { Clock } from 'eks-pod-identity-engine';
import type { Acceptance } from '../operations/Acceptance';
import type { AuditTrail } from '../operations/AuditTrail';
import type { EventHub } from '../operations/EventHub';
import type { Operations } from '../operations/Operations';
import type { MoveRules } from '../operations/MoveRules';
import type { MoveQueues } from '../operations/MoveQueues';
import type { Plans } from '../operations/Plans';
import type { Administrators } from '../permissions/Administrators';
import type { Authorizer } from '../permissions/Authorizer';
import { type Caller, initiatorOf } from '../permissions/caller';
import type { Records } from '../permissions/Records';
import { pastRun } from '../status/reportSummary';
import { type OperationRecord, type Store, toOperation } from '../store';
import { failureHandler } from './failures';
import { openStreams, readEvents, streamEvents } from './eventStream';
import { clientLeft } from './http';
import { serve } from './serve';
import { cleanAddress } from './validate';

export interface RouterOptions {
  acceptance: Acceptance;
  administrators: Pick<Administrators, 'include'>;
  audit: AuditTrail;
  authorizer: Authorizer;
  catalog: CatalogService;
  clock: Clock;
  httpAuth: HttpAuthService;
  hub: EventHub;
  logger: LoggerService;
  operations: Operations;
  plans: Plans;
  queues: Pick<MoveQueues, 'list' | 'start' | 'stop'>;
  rules: Pick<MoveRules, 'list'>;
  records: Records;
  /** Ends the open streams. */
  shutdown: AbortSignal;
  store: Store;
}

function serveOperations(router: express.Router, options: RouterOptions) {
  const { acceptance, audit, operations, plans, records, store } = options;
  const streams = openStreams();

  /**
   * The operation of a path, for a caller who may read what is recorded for its entity, or who started it: what that
   * caller is not allowed to read was kept out of the operation.
   */
  const find = async (id: string, caller: Caller): Promise<OperationRecord> => {
    const record = await operations.get(id);
    await records.requireRead(`operation ${record.id}`, record, caller);
    return record;
  };

  serve(router, options, operationEndpoints, {
    async plan({ body, caller, request, response }) {
      const left = clientLeft(response);
      const initiator = initiatorOf(caller);
      return audit
        .plan(body, { request }, async () => {
          const accepted = await acceptance.accept(body, initiator, caller);
          return plans.plan(accepted, left);
        })
        .catch(error => {
          if (!left.aborted) throw error;
          return undefined;
        });
    },

    async startOperation({ body, query, caller, request }) {
      const { timeline = false } = query;
      const { record } = await audit.request(request, caller, body, id =>
        operations.start(body, initiatorOf(caller), caller, { id, timeline }),
      );
      return toOperation(record);
    },

    async getOperation({ at, caller }) {
      return toOperation(await find(at, caller));
    },

    async cancelOperation({ at, caller, request }) {
      const { id } = await find(at, caller);
      const cancelled = await audit.cancellation(request, id, () =>
        operations.cancel(
          id,
          initiatorOf(caller),
          // Another service is no administrator here: it can cancel what it started
          async () =>
            caller.principal.type === 'user' &&
            options.administrators.include(caller),
        ),
      );
      return toOperation(cancelled);
    },

    async getTimeline({ at, caller }) {
      const record = await find(at, caller);
      const timeline = await store.timelines.find(record.runId);
      if (timeline) return timeline;
      throw new NotFoundError(
        record.recordsTimeline
          ? `The timeline of operation ${record.id} can be read once it has ended`
          : `Operation ${record.id} recorded no timeline; add ?timeline when you start one`,
      );
    },

    async followOperation({ at, query, caller, reader, request, response }) {
      const record = await find(at, caller);
      // A resumed stream sends the address it began with, and beside it what it has seen since.
      const after = lastEventId(request) ?? query.after ?? 0;
      if (query.poll === 'true') {
        response.set('cache-control', 'private, no-store');
        const events = await readEvents(store, record, after);
        return { operation: toOperation(record), events };
      }
      const leave = streams.enter(initiatorOf(caller));
      await streamEvents({
        ...options,
        after,
        reader,
        record,
        response,
      }).finally(leave);
      return undefined;
    },
  });
}

function serveReports(router: express.Router, options: RouterOptions) {
  const { authorizer, records, store } = options;
  serve(router, options, reportEndpoints, {
    async getReport({ at, caller }) {
      const stored = await store.reports.find(at);
      if (!stored) {
        throw new NotFoundError(
          `There is no report ${at}; old ones are swept, the history of the service account shows those that are kept`,
        );
      }
      const { report, ...recorded } = stored;
      const kept = { ref: report.ref, ...recorded };
      await records.requireRead(`report ${report.id}`, kept, caller);
      return report;
    },

    async getReportBundle({ at, caller, response }) {
      const stored = await store.reports.find(at);
      const bundle = stored && (await store.bundles.find(at));
      if (!bundle) {
        throw new NotFoundError(
          `There is no bundle of report ${at}: it is kept with a report that was ordered, not with one of a sweep; verify again for a new one`,
        );
      }
      const { report, ...recorded } = stored;
      const kept = { ref: report.ref, ...recorded };
      await records.requireRead(`report ${at}`, kept, caller);
      await records.requireFacts(caller);
      response
        .attachment(`eks-pod-identity-${at}.json`)
        .type('application/json')
        .send(bundle);
      return undefined;
    },

    async listReports({ at, query, caller }) {
      await authorizer.requireRead(at, caller);
      const page = await store.reports.page(at, {
        holders: await records.readable(
          at,
          await store.reports.holdersOf(at),
          caller,
        ),
        initiator: initiatorOf(caller).name,
        limit: query.limit ?? 20,
        cursor: query.cursor,
      });
      return { items: page.items.map(pastRun), nextCursor: page.nextCursor };
    },
  });
}

function serveMoveQueues(router: express.Router, options: RouterOptions) {
  const { audit, queues, rules } = options;
  serve(router, options, moveQueueEndpoints, {
    async listMoveRules({ caller }) {
      return { items: await rules.list(caller) };
    },

    async listMoveQueues({ caller }) {
      return queues.list(caller);
    },

    async startMoveQueue({ body, caller, request }) {
      const { ownedBy, refs } = body;
      const meta = {
        actionType: 'start',
        ownedBy,
        refs: refs.map(stringifyServiceAccountRef).join(' '),
      };
      return audit.queue(request, meta, () => queues.start(body, caller));
    },

    async stopMoveQueue({ at, caller, request }) {
      const meta = { actionType: 'stop' };
      return audit.queue(request, meta, () => queues.stop(at, caller));
    },
  });
}

/** The HTTP API of operations, queues of moves, plans and reports. */
export function createRouter(options: RouterOptions): express.Router {
  const router = Router();
  router.use(cleanAddress);
  // A form's inline policies and session policy are the largest thing a request carries.
  router.use(jsonBody('256kb'));
  serveOperations(router, options);
  serveMoveQueues(router, options);
  serveReports(router, options);
  router.use(failureHandler(options.logger));
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
