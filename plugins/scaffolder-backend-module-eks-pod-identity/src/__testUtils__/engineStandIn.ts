import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import {
  isFinished,
  NewOperationEvent,
  Operation,
  OperationEvent,
  operationSchema,
  Plan,
  PlanRequest,
  planRequestSchema,
  StartOperation,
  startOperationSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import express from 'express';
import Router from 'express-promise-router';

/** The requests that the stand-in received, and who sent them. */
interface Asked {
  operations: StartOperation[];
  plans: PlanRequest[];
  cancelled: string[];
  initiators: string[];
}

/** How the stand-in answers one request. */
export interface Script {
  events: NewOperationEvent[];
  /** How the operation ends; without it, the operation runs until it is cancelled. */
  end?: Pick<Operation, 'state' | 'result' | 'error'>;
  /** Events after a cancellation. */
  farewell?: NewOperationEvent[];
}

/**
 * Serves the engine's HTTP API from a script, for what the real engine cannot be made to do on demand: end with a given
 * error, hang until it is cancelled, return a given report.
 */
export function engineStandIn(options: {
  script?: (request: StartOperation) => Script;
  plan?: (request: PlanRequest) => Plan;
  refuse?: (request: StartOperation | PlanRequest) => Error | undefined;
}) {
  const asked: Asked = {
    operations: [],
    plans: [],
    cancelled: [],
    initiators: [],
  };
  const operations = new Map<
    string,
    { operation: Operation; events: OperationEvent[]; script: Script }
  >();

  const append = (
    entry: { operation: Operation; events: OperationEvent[] },
    event: NewOperationEvent,
  ) => {
    const seq = entry.events.length + 1;
    entry.events.push({
      ...event,
      seq,
      at: new Date(0).toISOString(),
    } as OperationEvent);
    entry.operation.lastSeq = seq;
  };

  const finish = (
    entry: { operation: Operation; events: OperationEvent[] },
    end: NonNullable<Script['end']>,
  ) => {
    Object.assign(entry.operation, end);
    append(entry, { type: 'state', data: { state: end.state } });
  };

  const plugin = createBackendPlugin({
    pluginId: 'eks-pod-identity',
    register(env) {
      env.registerInit({
        deps: {
          http: coreServices.httpRouter,
          httpAuth: coreServices.httpAuth,
        },
        async init({ http, httpAuth }) {
          const router = Router();
          router.use(express.json());

          const find = (id: string) => {
            const entry = operations.get(id);
            if (!entry) throw new NotFoundError(`There is no operation ${id}`);
            return entry;
          };

          router.post('/v1/plans', async (req, res) => {
            const request = planRequestSchema.parse(req.body);
            asked.plans.push(request);
            const refusal = options.refuse?.(request);
            if (refusal) throw refusal;
            res.json(options.plan!(request));
          });
          router.post('/v1/operations', async (req, res) => {
            const request = startOperationSchema.parse(req.body);
            const { principal } = await httpAuth.credentials(req, {
              allow: ['user'],
            });
            asked.operations.push(request);
            asked.initiators.push(principal.userEntityRef);
            const refusal = options.refuse?.(request);
            if (refusal) throw refusal;
            const script = options.script!(request);
            const { clusterName, namespace, serviceAccount } = request.input;
            const operation: Operation = {
              id: `operation-${operations.size + 1}`,
              kind: request.kind,
              ref: { cluster: clusterName, namespace, serviceAccount },
              state: 'running',
              initiator: principal.userEntityRef,
              createdAt: new Date(0).toISOString(),
              updatedAt: new Date(0).toISOString(),
              lastSeq: 0,
            };
            const entry = { operation, events: [], script };
            operations.set(operation.id, entry);
            script.events.forEach(event => append(entry, event));
            if (script.end) finish(entry, script.end);
            res.status(202).json(operationSchema.parse(operation));
          });
          router.get('/v1/operations/:id', (req, res) => {
            res.json(operationSchema.parse(find(req.params.id).operation));
          });
          router.delete('/v1/operations/:id', (req, res) => {
            const entry = find(req.params.id);
            asked.cancelled.push(req.params.id);
            entry.script.farewell?.forEach(event => append(entry, event));
            finish(entry, { state: 'cancelled' });
            res.json(operationSchema.parse(entry.operation));
          });
          router.get('/v1/operations/:id/events', async (req, res) => {
            const entry = find(req.params.id);
            let after = Number(req.query.after ?? 0);
            res.writeHead(200, { 'content-type': 'text/event-stream' });
            while (!req.destroyed && !res.writableEnded) {
              for (const event of entry.events.slice(after)) {
                after = event.seq;
                res.write(
                  `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`,
                );
              }
              if (isFinished(entry.operation.state)) break;
              await new Promise(resolve => setTimeout(resolve, 10));
            }
            res.end();
          });
          http.use(router);
        },
      });
    },
  });
  return { plugin, asked };
}
