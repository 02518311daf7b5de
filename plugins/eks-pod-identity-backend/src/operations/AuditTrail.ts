import { randomUUID } from 'node:crypto';
import type { Request } from 'express';
import {
  AuditorService,
  AuditorServiceEvent,
  LoggerService,
} from '@backstage/backend-plugin-api';
import {
  PlanRequest,
  StartOperation,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { actorOf, type Caller, initiatorOf } from '../permissions/caller';
import type { AskedOperation, OperationRecord } from '../store';
import type { RunEnd } from './Run';
import type { Started } from './Operations';

/** Open events kept for operations that end in another process. */
const MAX_OPEN = 1000;

type Meta = Record<string, string | boolean | undefined>;

/**
 * The audit log of changes, verifications and plans. An event is opened by the request, whose initiator is its actor, and
 * closed by the outcome, maybe minutes later. Where a plugin acts for that user, as the scaffolder does, its meta names it. When another process brings the operation to its end, that process
 * writes another event; it has no request, so the initiator is in its meta.
 */
export class AuditTrail {
  readonly #auditor: AuditorService;
  readonly #logger: LoggerService;
  readonly #open = new Map<string, AuditorServiceEvent>();

  constructor(options: { auditor: AuditorService; logger: LoggerService }) {
    this.#auditor = options.auditor;
    this.#logger = options.logger;
  }

  /**
   * Records the request, and keeps its event open until its operation ends. `start` is handed the id that a new
   * operation must take, so that no outcome comes before its event is known.
   *
   * @param request - undefined for an action of the registry, whose initiator is in the meta
   */
  async request(
    request: Request | undefined,
    caller: Caller,
    body: StartOperation,
    start: (id: string) => Promise<Started>,
  ): Promise<Started> {
    const event = await this.#auditor.createEvent({
      eventId: eventIdOf(body.kind),
      severityLevel: 'medium',
      request,
      meta: {
        actionType: body.kind,
        ref: refOf(body),
        entityRef: body.input.entityRef,
        taskId: body.taskId,
        initiator: request ? undefined : initiatorOf(caller).name,
        actingPlugin: actorOf(caller),
        planOnly: 'planOnly' in body.input ? body.input.planOnly : undefined,
      } satisfies Meta,
    });
    const id = randomUUID();
    this.#keep(id, event);
    try {
      const started = await start(id);
      if (started.how === 'existing') {
        this.#open.delete(id);
        await event.success({
          meta: { operationId: started.record.id, how: started.how },
        });
      }
      return started;
    } catch (error) {
      this.#open.delete(id);
      await event.fail({ error: error as Error });
      throw error;
    }
  }

  /** Records that the portal begins what was asked for earlier, and keeps the event open until that ends. */
  async begun<T>(asked: AskedOperation, begin: () => Promise<T>): Promise<T> {
    const event = await this.#eventOf(asked);
    this.#keep(asked.id, event);
    try {
      return await begin();
    } catch (error) {
      this.#open.delete(asked.id);
      await event.fail({ error: error as Error });
      throw error;
    }
  }

  /** Records who asked for a plan, which shows what is there. An action has no request: its initiator is in the meta. */
  async plan<T>(
    body: PlanRequest,
    asker: { request: Request } | { initiator: string },
    plan: () => Promise<T>,
  ): Promise<T> {
    const event = await this.#auditor.createEvent({
      eventId: 'association-plan',
      severityLevel: 'low',
      request: 'request' in asker ? asker.request : undefined,
      meta: {
        actionType: body.kind,
        ref: refOf(body),
        entityRef: body.input.entityRef,
        initiator: 'initiator' in asker ? asker.initiator : undefined,
      } satisfies Meta,
    });
    try {
      const answer = await plan();
      await event.success();
      return answer;
    } catch (error) {
      await event.fail({ error: error as Error });
      throw error;
    }
  }

  /** Records how a run ended, for each operation that ended with it. */
  async ended(end: RunEnd): Promise<void> {
    for (const record of end.records) {
      try {
        await this.#outcome(record, end);
      } catch (error) {
        this.#logger.error(
          `Could not write the audit event of operation ${record.id}`,
          error as Error,
        );
      }
    }
  }

  /** Records a cancellation, by the starter or an administrator. */
  async cancellation<T>(
    request: Request,
    operationId: string,
    cancel: () => Promise<T>,
  ): Promise<T> {
    const meta = { actionType: 'cancel', operationId };
    return this.#during(request, 'operation-mutate', meta, cancel);
  }

  /** Records who started or stopped a queue of moves; each of its moves has its own event. */
  async queue<T extends { id: string }>(
    request: Request,
    meta: Meta,
    work: () => Promise<T>,
  ): Promise<T> {
    return this.#during(request, 'move-queue-mutate', meta, work, ({ id }) => ({
      queueId: id,
    }));
  }

  async #during<T>(
    request: Request,
    eventId: string,
    meta: Meta,
    work: () => Promise<T>,
    outcome: (answer: T) => Meta = () => ({}),
  ): Promise<T> {
    const event = await this.#auditor.createEvent({
      eventId,
      severityLevel: 'medium',
      request,
      meta,
    });
    try {
      const answer = await work();
      await event.success({ meta: outcome(answer) });
      return answer;
    } catch (error) {
      await event.fail({ error: error as Error });
      throw error;
    }
  }

  #keep(id: string, event: AuditorServiceEvent) {
    this.#open.set(id, event);
    if (this.#open.size > MAX_OPEN) {
      this.#open.delete(this.#open.keys().next().value!);
    }
  }

  async #outcome(record: OperationRecord, end: RunEnd) {
    const open = this.#open.get(record.id);
    if (open) {
      this.#open.delete(record.id);
      await this.#close(open, record.id, end);
      return;
    }
    await this.#close(await this.#eventOf(record), record.id, end);
  }

  async #eventOf(asked: AskedOperation): Promise<AuditorServiceEvent> {
    return this.#auditor.createEvent({
      eventId: eventIdOf(asked.kind),
      severityLevel: 'medium',
      meta: {
        actionType: asked.kind,
        ref: stringifyServiceAccountRef(asked.ref),
        entityRef: asked.entityRef,
        taskId: asked.taskId,
        initiator: asked.initiator,
      } satisfies Meta,
    });
  }

  async #close(event: AuditorServiceEvent, operationId: string, end: RunEnd) {
    const meta: Meta = {
      operationId,
      outcome: end.state,
      ...resultMeta(end),
    };
    if (end.error) {
      const error = new Error(end.error.message);
      error.name = end.error.name;
      await event.fail({ error, meta });
    } else {
      await event.success({ meta });
    }
  }
}

function refOf({ input }: StartOperation | PlanRequest): string {
  return stringifyServiceAccountRef({
    cluster: input.clusterName,
    namespace: input.namespace,
    serviceAccount: input.serviceAccount,
  });
}

function eventIdOf(kind: StartOperation['kind']): string {
  switch (kind) {
    case 'verify':
      return 'verification-create';
    case 'restart':
      return 'workload-restart';
    default:
      return 'association-mutate';
  }
}

function resultMeta({ result }: RunEnd): Meta {
  switch (result?.kind) {
    case 'associate':
      return {
        changed: result.changed,
        roleArn: result.roleArn,
        associationId: result.associationId,
      };
    case 'verify':
      return { status: result.status, reportId: result.report.id };
    case 'migrate':
      return {
        changed: result.changed,
        state: result.state,
        roleArn: result.roleArn,
      };
    case 'teardown':
    case 'restart':
    case 'rollback':
      return { changed: result.changed };
    default:
      return {};
  }
}
