import { Plan, PlanRequest } from 'backstage-plugin-eks-pod-identity-common';
import type { Lifecycle } from 'eks-pod-identity-engine';
import { callingFor, hashOf, raceAbort } from 'eks-pod-identity-engine/portal';
import { Store } from '../store';
import { Accepted } from './Acceptance';
import { CallerLimiter } from './CallerLimiter';
import { countOf } from './countOf';
import {
  type ContextDeps,
  operationContext,
  personLane,
} from './operationContext';

const KEEP_MS = 30_000;
const DEADLINE_MS = 60_000;
const MAX_KEPT = 500;

/** A plan that is being made, or was made a moment ago. */
interface SharedPlan {
  plan: Promise<Plan>;
  /** Epoch milliseconds. */
  until: number;
  /** How many requests wait for it now. */
  askers: number;
  /** Ends the work on it; has no effect once it is made. */
  abandon(reason: unknown): void;
}

export interface PlansDeps extends ContextDeps {
  store: Store;
  lifecycle: Lifecycle;
}

/** Plans without operations: previews and dry runs. Writes nothing, and forgets after half a minute. */
export class Plans {
  readonly #deps: PlansDeps;
  readonly #kept = new Map<string, SharedPlan>();
  readonly #underWay: CallerLimiter;

  constructor(deps: PlansDeps) {
    this.#deps = deps;
    const { plansPerCaller } = deps.config.limits;
    this.#underWay = new CallerLimiter({
      limit: plansPerCaller,
      refusal: `You are waiting for ${countOf(
        plansPerCaller,
        'plan',
      )} already, and all plans share what AWS lets this portal ask in a second. Wait until one of them is there, or leave the page that asked for it, then try again`,
    });
  }

  /**
   * The plan for an accepted request; equal requests with equal rights share one for 30 s, unless `fresh`, or an
   * operation has changed the identity since. The work ends when every client that asked for it has left.
   *
   * @throws TooManyRequestsError when the caller waits for too many plans already
   */
  async plan(
    accepted: Accepted<PlanRequest>,
    /** Aborts when the client leaves. */
    left?: AbortSignal,
  ): Promise<Plan> {
    const { clock, store } = this.#deps;
    const { request } = accepted;
    const key = hashOf({
      changed: await store.changes.version(accepted.ref),
      request: { ...request, fresh: undefined },
      granted: [...accepted.granted].sort(),
      entity: accepted.entity,
      holder: accepted.holder,
      claimant: accepted.claimant,
    });
    left?.throwIfAborted();
    const now = clock.now();
    const kept = this.#kept.get(key);
    const shared =
      kept && kept.until > now && !request.fresh
        ? kept
        : this.#begin(key, accepted, now);
    return waitFor(shared, left);
  }

  #begin(
    key: string,
    accepted: Accepted<PlanRequest>,
    now: number,
  ): SharedPlan {
    const leave = this.#underWay.enter(accepted.initiator);
    const stop = new AbortController();
    const plan = this.#compute(accepted, stop).finally(leave);
    const drop = () => {
      if (this.#kept.get(key)?.plan === plan) this.#kept.delete(key);
    };
    let made = false;
    plan.then(
      () => {
        made = true;
      },
      // Failures are not cached.
      drop,
    );
    const shared: SharedPlan = {
      plan,
      until: now + KEEP_MS,
      askers: 0,
      abandon: reason => {
        if (made) return;
        // The next request starts a new one.
        drop();
        stop.abort(reason);
      },
    };
    this.#forget(now);
    this.#kept.set(key, shared);
    return shared;
  }

  #forget(now: number) {
    for (const [key, { until }] of this.#kept) {
      if (until <= now || this.#kept.size >= MAX_KEPT) this.#kept.delete(key);
    }
  }

  async #compute(
    accepted: Accepted<PlanRequest>,
    stop: AbortController,
  ): Promise<Plan> {
    const { lifecycle, clock } = this.#deps;
    const { request } = accepted;
    const done = new AbortController();
    clock.sleep(DEADLINE_MS, done.signal).then(
      () =>
        stop.abort(
          new Error(
            `AWS or the cluster did not answer within ${
              DEADLINE_MS / 1000
            } s; try again`,
          ),
        ),
      () => undefined,
    );
    try {
      const context = await operationContext('plan', this.#deps, {
        ref: accepted.ref,
        signal: stop.signal,
        granted: accepted.granted,
        claimant: accepted.claimant,
        entity: accepted.entity,
        holder: accepted.holder,
        initiator: accepted.initiator.name,
      });
      return await callingFor(personLane(accepted.initiator), () =>
        request.kind === 'associate'
          ? lifecycle.planAssociate(
              { ref: accepted.ref, input: request.input },
              context,
            )
          : lifecycle.planTeardown(
              {
                ref: accepted.ref,
                input: request.input,
                taskId: request.taskId,
              },
              context,
            ),
      );
    } finally {
      done.abort();
    }
  }
}

/** Its plan, unless the client leaves before; the last one to leave ends the work. */
async function waitFor(shared: SharedPlan, left?: AbortSignal): Promise<Plan> {
  shared.askers += 1;
  try {
    return await (left ? raceAbort(shared.plan, left) : shared.plan);
  } finally {
    shared.askers -= 1;
    if (left?.aborted && shared.askers === 0) shared.abandon(left.reason);
  }
}
