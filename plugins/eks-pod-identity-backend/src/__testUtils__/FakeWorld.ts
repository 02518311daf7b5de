import { ConflictError } from '@backstage/errors';
import {
  AssociateInput,
  CheckResult,
  Plan,
  ServiceAccountRef,
  stringifyServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  createEngine,
  type Engine,
  type EngineOptions,
  type Lifecycle,
  type Moves,
  type OperationContext,
  type Verification,
  type VerifyRequest,
} from 'eks-pod-identity-engine';

/** A place in the work where a test can hold it. */
class Barrier {
  readonly reached: Promise<void>;
  #reach!: () => void;
  #open!: () => void;
  readonly #opened: Promise<void>;

  constructor() {
    this.reached = new Promise(resolve => {
      this.#reach = resolve;
    });
    this.#opened = new Promise(resolve => {
      this.#open = resolve;
    });
  }

  open() {
    this.#open();
  }

  async pass(signal: AbortSignal) {
    this.#reach();
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      if (signal.aborted) {
        onAbort();
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      this.#opened.then(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }
}

/**
 * Stands for AWS and the cluster under the operations floor: what exists outlives any process, every write asks the
 * guard first, and tests can hold the work at each step.
 */
export class FakeWorld {
  readonly associations = new Map<string, { role: string; tags?: string }>();
  /** Every write that happened, in order. */
  readonly writes: string[] = [];
  /** Probe pods that exist now, and how many ever did. */
  readonly pods = new Set<string>();
  podsCreated = 0;
  looks = 0;
  /** Runs after a cancel, as clean-up does. */
  readonly cleanups: string[] = [];
  readonly granted: string[][] = [];
  fingerprint = 'f1';
  /** Thrown by the next associate after its first write. */
  failure?: Error;
  readonly #barriers = new Map<string, Barrier>();

  /** Holds every run that comes to this step. */
  hold(step: string): Barrier {
    const barrier = new Barrier();
    this.#barriers.set(step, barrier);
    return barrier;
  }

  async #step(step: string, signal: AbortSignal) {
    const barrier = this.#barriers.get(step);
    if (!barrier) return;
    this.#barriers.delete(step);
    await barrier.pass(signal);
  }

  async #write(what: string, context: OperationContext, change: () => void) {
    await this.#step(`before ${what}`, context.signal);
    await context.guard.beforeWrite(what);
    change();
    this.writes.push(what);
    await this.#step(`after ${what}`, context.signal);
  }

  /** The engine with this in place of AWS and the clusters. */
  readonly engine = (options: EngineOptions): Engine => ({
    ...createEngine(options),
    lifecycle: this.lifecycle,
    moves: this.moves,
    verification: this.verification,
    deleteLeftoverProbes: async () => ({ deleted: [], problems: [] }),
  });

  readonly lifecycle: Lifecycle = {
    planAssociate: async ({ ref }) => this.#plan('associate', ref),
    planTeardown: async ({ ref }) => this.#plan('teardown', ref),
    associate: async ({ ref, input }, context) => {
      this.granted.push([...context.granted].sort());
      const plan = this.#plan('associate', ref);
      await context.emit({ type: 'plan', data: plan });
      const key = stringifyServiceAccountRef(ref);
      const role = `arn:aws:iam::111122223333:role/${ref.serviceAccount}`;
      if (plan.changes && !input.planOnly) {
        await context.guard.withLease({ kind: 'role', name: role }, () =>
          this.#write(`role of ${key}`, context, () => {}),
        );
        if (this.failure) {
          const { failure } = this;
          this.failure = undefined;
          throw failure;
        }
        await this.#write(`association of ${key}`, context, () =>
          this.associations.set(key, { role, tags: input.entityRef }),
        );
      }
      return this.#associated(ref, input, plan, role);
    },
    teardown: async ({ ref, input }, context) => {
      const plan = this.#plan('teardown', ref);
      await context.emit({ type: 'plan', data: plan });
      const key = stringifyServiceAccountRef(ref);
      const removed: { kind: string; name: string }[] = [];
      if (plan.changes && !input.planOnly) {
        await this.#write(`removal of ${key}`, context, () => {
          this.associations.delete(key);
          removed.push({ kind: 'association', name: key });
        });
      }
      return {
        kind: 'teardown',
        applied: !input.planOnly,
        changed: removed.length > 0,
        removed,
        kept: [],
        affectedWorkloads: [],
        plan,
        warnings: [],
      };
    },
    restart: async ({ ref }, context) => {
      this.granted.push([...context.granted].sort());
      const plan = { ...this.#plan('restart', ref), changes: true };
      await context.emit({ type: 'plan', data: plan });
      const key = stringifyServiceAccountRef(ref);
      await this.#write(`restart of ${key}`, context, () => {});
      return { kind: 'restart', changed: true, plan, warnings: [] };
    },
  };

  /** How moves of a service account do not end well, by its name. */
  readonly moveEndings = new Map<string, 'conflict' | 'failure' | 'waits'>();

  readonly moves: Moves = {
    migrate: async ({ ref }, context) => {
      this.granted.push([...context.granted].sort());
      const ending = this.moveEndings.get(ref.serviceAccount);
      const plan = this.#plan('migrate', ref, ending === 'conflict');
      await context.emit({ type: 'plan', data: plan });
      if (ending === 'conflict') throw new ConflictError('Its SDK is too old');
      const key = stringifyServiceAccountRef(ref);
      await this.#write(`move of ${key}`, context, () => {});
      if (ending === 'failure') throw new Error('Its roll-out did not end');
      return {
        kind: 'migrate',
        applied: true,
        changed: true,
        roleArn: `arn:aws:iam::111122223333:role/${ref.serviceAccount}`,
        state: ending === 'waits' ? 'moving' : 'moved',
        toConfirm: ending === 'waits' ? ['Deployment api'] : [],
        confirmed: [],
        plan,
        warnings: [],
      };
    },
    rollback: async () => {
      throw new Error('No test takes a move back in this world');
    },
  };

  readonly verification: Verification = {
    glance: async () => ({}),
    waitUntilEffective: async () => ({
      effective: 'yes',
      message: 'every API server injects',
      afterMs: 0,
      attempts: 1,
    }),
    podsToRestart: () => [],
    proveIrsa: async () => ({ proven: 'yes' as const, message: '' }),
    verify: async (request, context) => {
      if (request.probe !== 'pod') {
        this.looks += 1;
        return this.#report(request, 'none');
      }
      this.podsCreated += 1;
      const pod = `probe-${this.podsCreated}`;
      this.pods.add(pod);
      try {
        const check = checkResult('credentials.identity');
        await context.emit({ type: 'check', data: check });
        await this.#step('probe', context.signal);
        const report = this.#report(request, 'credentials');
        context.sawFacts?.({
          schemaVersion: 1,
          report,
          request: { permissionChecks: request.permissionChecks },
          cluster: context.clusters.get(request.ref.cluster),
          portalId: context.config.portalId,
          now: Date.parse(report.startedAt),
          facts: {},
        });
        return report;
      } finally {
        this.pods.delete(pod);
        if (context.signal.aborted) this.cleanups.push(pod);
      }
    },
  };

  #plan(kind: Plan['kind'], ref: ServiceAccountRef, conflicts = false): Plan {
    const name = stringifyServiceAccountRef(ref);
    const exists = this.associations.has(name);
    const makes = kind === 'associate' || kind === 'migrate';
    const changes = makes ? !exists : exists;
    const change = makes ? 'create' : 'delete';
    return {
      kind,
      ref,
      steps: [
        {
          id: 'association',
          resource: { kind: 'association', name },
          change: conflicts ? 'conflict' : (changes && change) || 'keep',
          owner: 'portal',
          reason: changes ? 'as asked' : 'already so',
          dependsOn: [],
        },
      ],
      warnings: [],
      changes,
      conflicts,
    };
  }

  #associated(
    ref: ServiceAccountRef,
    input: AssociateInput,
    plan: Plan,
    role: string,
  ) {
    return {
      kind: 'associate' as const,
      applied: !input.planOnly,
      changed: plan.changes && !input.planOnly,
      roleArn: role,
      taggedEntityRef: this.associations.get(stringifyServiceAccountRef(ref))
        ?.tags,
      clusterName: ref.cluster,
      eksClusterName: ref.cluster,
      namespace: ref.namespace,
      serviceAccount: ref.serviceAccount,
      serviceAccountManifest: 'kind: ServiceAccount',
      effective: 'yes' as const,
      plan,
      warnings: [],
      links: [],
    };
  }

  #report(
    request: VerifyRequest,
    proof: VerificationReport['proof'],
  ): VerificationReport {
    const at = new Date().toISOString();
    return {
      id: `report-${this.podsCreated}-${this.looks}-${Math.random()}`,
      ref: request.ref,
      entityRef: request.entityRef,
      trigger: request.trigger,
      status: proof === 'credentials' ? 'verified' : 'looks-right',
      way: proof === 'credentials' ? 'proven' : 'looks-right',
      proof,
      probe: request.probe,
      fingerprint: this.fingerprint,
      startedAt: at,
      finishedAt: at,
      checks: [checkResult('credentials.identity')],
      engineVersion: '0',
    };
  }
}

function checkResult(id: string): CheckResult {
  return {
    id,
    category: 'credentials',
    title: 'Identity',
    status: 'pass',
    message: 'The pod is who it should be',
    docsUrl: 'https://example.com/docs',
    durationMs: 1,
    attempts: 1,
  };
}
