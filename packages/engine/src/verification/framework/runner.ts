import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../../async/clock';
import type { AnyCheck, CheckContext, Lacking, Outcome } from './check';
import { skip, unknown } from './check';
import type { CheckId } from './checkIds';
import type { Lack } from './fact';
import type { FactReader } from './facts';
import { helpedByRestart, rendered } from './render';
import { redactResult } from './redactReport';
import { adjustForAnswer, adjustForProof, adjustForUse } from './statusRules';

export interface RunnerOptions {
  checks: readonly AnyCheck[];
  facts: FactReader;
  context: CheckContext;
  clock: Clock;
  /** What a check says where a fact that it needs could not be read. */
  onLack(lack: Lack, cluster: CheckContext['cluster']): Outcome;
  docsUrl(anchor: string): string;
  /** Called once per check, when its result is final. */
  onResult(result: CheckResult): Promise<void>;
}

/** A pod that obtained the identity may overrule these results, so they wait for it. */
const OVERRULED = ['agent', 'role'];
const IDENTITY: CheckId = 'credentials.identity';
const AGENT_ANSWERS: CheckId = 'credentials.agent-answers';
const TRUST: CheckId = 'role.trust-policy';

/** Result of a check that its prerequisite makes pointless; undefined if it can run. */
function stoppedBy(
  check: AnyCheck,
  prerequisites: readonly (CheckResult | undefined)[],
): Outcome | undefined {
  for (const [
    index,
    { check: id, onlyWhenFailed },
  ] of check.dependsOn.entries()) {
    const result = prerequisites[index];
    if (!result) continue;
    const chained = result.status === 'skip' && result.becauseOf !== undefined;
    const stops =
      result.status === 'fail' ||
      (result.status === 'unknown' && !onlyWhenFailed) ||
      chained ||
      (result.status === 'skip' && !onlyWhenFailed);
    if (!stops) continue;
    if (result.status === 'skip') {
      // Names the original reason; the whole chain would hide it.
      return skip(result.message, {
        explainedBy: { check: result.becauseOf as CheckId | undefined },
        withheld: result.withheld,
      });
    }
    return skip(
      result.status === 'fail'
        ? `Not checked, because "${result.title}" failed.`
        : `Not checked, because "${result.title}" could not be answered.`,
      { explainedBy: { check: id } },
    );
  }
  return undefined;
}

async function answer(
  check: AnyCheck,
  { facts, context, onLack }: RunnerOptions,
): Promise<Outcome> {
  const input: Record<string, unknown> = {};
  const needed = await Promise.all(check.needs.map(name => facts.get(name)));
  for (const [index, fact] of needed.entries()) {
    if (!fact.known) return onLack(fact.lack, context.cluster);
    input[check.needs[index]] = fact.value;
  }
  // Collected only now, so that a skipped check reads nothing.
  const used = await Promise.all(check.uses.map(name => facts.get(name)));
  for (const [index, fact] of used.entries()) {
    const name = check.uses[index];
    if (!(name in input)) input[name] = fact;
  }
  return check.evaluate(input, context);
}

/** A note explains a failure if it says what to do. */
function explains({ status, fix }: CheckResult): boolean {
  return status === 'fail' || status === 'warn' || (status === 'note' && !!fix);
}

function withoutUndefined<T extends object>(value: T): T {
  const known = {} as T;
  for (const name of Object.keys(value) as (keyof T)[]) {
    if (value[name] !== undefined) known[name] = value[name];
  }
  return known;
}

/** What a run has found. */
export interface RunResults {
  /** In the order of the checks. */
  results: CheckResult[];
  /** By check, the pods that it says to lack the identity. */
  lacking: ReadonlyMap<CheckId, readonly Lacking[]>;
}

/** One run: evaluates every check once and shares the result among its dependants. */
class Run {
  readonly #running = new Map<string, Promise<CheckResult>>();
  /** By check, those that may explain it. */
  readonly #suspects = new Map<string, readonly CheckId[]>();
  /** By check, what it says where only AWS could decide. */
  readonly #onceProven = new Map<string, string>();
  readonly lacking = new Map<CheckId, readonly Lacking[]>();
  #agentAnswered = false;
  readonly #options: RunnerOptions;
  readonly #byId: ReadonlyMap<CheckId, AnyCheck>;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#byId = new Map(options.checks.map(check => [check.id, check]));
  }

  /** The result of a check, reported when it is final. */
  async finish(check: AnyCheck): Promise<CheckResult> {
    let result = await this.#run(check);
    const identity = this.#byId.get(IDENTITY);
    const onceProven = this.#onceProven.get(check.id);
    const overruled =
      result.status === 'fail' && OVERRULED.includes(check.category);
    if (identity && (overruled || onceProven)) {
      const proof = await this.#run(identity);
      result = adjustForProof(result, proof.status === 'pass', onceProven);
    }
    const answers = this.#byId.get(AGENT_ANSWERS);
    if (answers && result.status === 'fail' && check.category === 'agent') {
      await this.#run(answers);
      if (this.#agentAnswered) result = adjustForAnswer(result);
    }
    if (result.id === TRUST && result.status === 'fail') {
      const used = await this.#options.facts.get('usedAsItIs');
      if (used.known && used.value) result = adjustForUse(result);
    }
    result = await this.#explain(result);
    await this.#options.onResult(result);
    return result;
  }

  /** Names the suspect whose own finding explains this one. */
  async #explain(result: CheckResult): Promise<CheckResult> {
    if (['pass', 'note'].includes(result.status)) return result;
    for (const id of this.#suspects.get(result.id) ?? []) {
      const suspect = this.#byId.get(id);
      if (suspect && explains(await this.#run(suspect))) {
        return { ...result, becauseOf: id };
      }
    }
    return result;
  }

  #run(check: AnyCheck): Promise<CheckResult> {
    const existing = this.#running.get(check.id);
    if (existing) return existing;
    const promise = this.#evaluate(check);
    this.#running.set(check.id, promise);
    return promise;
  }

  async #evaluate(check: AnyCheck): Promise<CheckResult> {
    const { facts, clock, docsUrl } = this.#options;
    const startedAt = clock.now();
    const prerequisites = await Promise.all(
      check.dependsOn.map(({ check: id }) => {
        const prerequisite = this.#byId.get(id);
        return prerequisite ? this.#run(prerequisite) : undefined;
      }),
    );
    let outcome = stoppedBy(check, prerequisites);
    if (!outcome) {
      try {
        outcome = await answer(check, this.#options);
      } catch (error) {
        outcome = unknown(
          `The check itself failed: ${(error as Error).message}`,
          {
            fix: {
              cause: 'A fault in the check, not in the identity.',
              actions: [
                'Report it with the raw JSON of this report, or to the author of the check.',
              ],
            },
          },
        );
      }
    }
    if (outcome.withheld && check.asked) {
      outcome = { ...outcome, status: 'unknown' };
    }
    const fix = outcome.fix && (await rendered(outcome.fix, facts));
    const restart =
      outcome.restart && (await helpedByRestart(outcome.restart, facts));
    const {
      attempts = 1,
      onceProven,
      agentAnswered,
      lacking = [],
      explainedBy: { check: becauseOf, oneOf, place: blames } = {},
      ...rest
    } = withoutUndefined({ ...outcome, fix, restart });
    if (agentAnswered) this.#agentAnswered = true;
    if (lacking.length) this.lacking.set(check.id, lacking);
    if (oneOf) this.#suspects.set(check.id, oneOf);
    if (onceProven) this.#onceProven.set(check.id, onceProven);
    return redactResult({
      id: check.id,
      category: check.category,
      title: check.title,
      docsUrl: check.docsUrl ?? docsUrl(check.anchor),
      durationMs: Math.max(0, Math.round(clock.now() - startedAt)),
      attempts,
      ...(check.neededBy.length === 0 ? { advisory: true } : {}),
      ...check.about,
      ...rest,
      ...withoutUndefined({ becauseOf, blames }),
    });
  }
}

/**
 * Runs every check, independent ones in parallel, and returns the results in the given order. A check whose
 * prerequisite did not succeed is skipped with that reason; one that throws is `unknown` and does not end the run.
 *
 * @throws only what `onResult` throws
 */
export async function runChecks(options: RunnerOptions): Promise<RunResults> {
  const run = new Run(options);
  const settled = await Promise.allSettled(
    options.checks.map(check => run.finish(check)),
  );
  const results = settled.map(one => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
  return { results, lacking: run.lacking };
}
