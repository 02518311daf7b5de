import { LoggerService } from '@backstage/backend-plugin-api';
import { Plan, PlanRequest } from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../clock';
import type { Clusters, EngineConfig } from '../clusters/types';
import type { Lifecycle, OperationContext } from '../lifecycle/types';
import { Store } from '../store';
import { Accepted } from './Acceptance';
import { hashOf } from './canonical';

const KEEP_MS = 30_000;
const DEADLINE_MS = 60_000;
const MAX_KEPT = 500;

/** Plans without operations: previews and dry runs. Writes nothing, and forgets after half a minute. */
export class Plans {
  readonly #rooms: {
    store: Store;
    clock: Clock;
    logger: LoggerService;
    config: EngineConfig;
    clusters: Clusters;
    lifecycle: Lifecycle;
  };
  readonly #kept = new Map<string, { until: number; plan: Promise<Plan> }>();

  constructor(rooms: {
    store: Store;
    clock: Clock;
    logger: LoggerService;
    config: EngineConfig;
    clusters: Clusters;
    lifecycle: Lifecycle;
  }) {
    this.#rooms = rooms;
  }

  /**
   * The plan for an accepted request; equal requests with equal rights share one for 30 s, unless `fresh`, or an
   * operation has changed the identity since.
   */
  async plan(request: PlanRequest, accepted: Accepted): Promise<Plan> {
    const { clock, store } = this.#rooms;
    const key = hashOf({
      changed: await store.operations.changeMark(accepted.ref),
      request: { ...request, fresh: undefined },
      granted: [...accepted.granted].sort(),
      entityRef: accepted.entityRef,
      ownedEntities: accepted.ownedEntities,
    });
    const now = clock.now();
    const kept = this.#kept.get(key);
    if (kept && kept.until > now && !request.fresh) return kept.plan;

    const plan = this.#compute(request, accepted);
    this.#forget(now);
    this.#kept.set(key, { until: now + KEEP_MS, plan });
    plan.catch(() => {
      // A failure is nobody's answer but the asker's.
      if (this.#kept.get(key)?.plan === plan) this.#kept.delete(key);
    });
    return plan;
  }

  #forget(now: number) {
    for (const [key, { until }] of this.#kept) {
      if (until <= now || this.#kept.size >= MAX_KEPT) this.#kept.delete(key);
    }
  }

  async #compute(request: PlanRequest, accepted: Accepted): Promise<Plan> {
    const { lifecycle, clock } = this.#rooms;
    const deadline = new AbortController();
    const done = new AbortController();
    clock.sleep(DEADLINE_MS, done.signal).then(
      () =>
        deadline.abort(
          new Error(
            `AWS or the cluster did not answer within ${
              DEADLINE_MS / 1000
            } s; try again`,
          ),
        ),
      () => undefined,
    );
    try {
      const context = await this.#context(accepted, deadline.signal);
      return request.kind === 'associate'
        ? await lifecycle.planAssociate(
            { ref: accepted.ref, input: request.input },
            context,
          )
        : await lifecycle.planTeardown(
            {
              ref: accepted.ref,
              input: request.input,
              taskId: request.taskId,
            },
            context,
          );
    } finally {
      done.abort();
    }
  }

  async #context(
    accepted: Accepted,
    signal: AbortSignal,
  ): Promise<OperationContext> {
    const { store, config, clusters, clock, logger } = this.#rooms;
    const refuse = async (what: string): Promise<never> => {
      throw new Error(`A plan writes nothing, but was about to: ${what}`);
    };
    return {
      config,
      clusters,
      clock,
      logger,
      signal,
      emit: async () => {},
      guard: {
        beforeWrite: refuse,
        withLease: key => refuse(`lease ${key.kind} ${key.name}`),
      },
      granted: new Set(accepted.granted),
      ownedEntities: accepted.ownedEntities && {
        owns: entityRef =>
          accepted.ownedEntities!.includes(
            entityRef.toLocaleLowerCase('en-US'),
          ),
      },
      lastAssociate: await store.operations.lastAssociate(accepted.ref),
      plansOfTask: taskId => store.operations.plansOfTask(accepted.ref, taskId),
    };
  }
}
