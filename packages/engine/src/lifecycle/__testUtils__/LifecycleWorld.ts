import {
  AssociateInput,
  AssociateResult,
  NewOperationEvent,
  parseServiceAccountRef,
  Plan,
  RestartInput,
  RestartResult,
  serviceAccountPermissions,
  TeardownInput,
  TeardownResult,
} from 'backstage-plugin-eks-pod-identity-common';
import type {
  ProbeLevel,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  RecordedCall,
  Sandbox,
  SandboxOptions,
  startSandbox,
  useEndpoint,
} from 'eks-sandbox';
import { silentLogger } from '../../async/__testUtils__/silentLogger';
import type { Clock } from '../../async/clock';
import type { CatalogEntity } from '../../identity/entityRecord';
import type { OperationContext } from '../../operationContext';
import { AdminKube } from './AdminKube';
import { askedBy, type Asking } from './asking';
import {
  lifecyclePortal,
  type Portal,
  type PortalOptions,
} from './lifecyclePortal';

/** Options of a world. */
export interface WorldOptions extends SandboxOptions {
  portals?: Record<string, PortalOptions>;
}

/** Options of a world with its own clusters. */
export interface ClusterOptions extends PortalOptions {
  clusters?: Array<{ name: string; [key: string]: unknown }>;
  /** Whether the clusters have the agent's add-on; default true. */
  agent?: boolean;
  /** Names of the portals; default: only `main`. */
  portals?: string[];
}

/** Options of one run. */
export interface RunOptions extends Asking {
  taskId?: string;
  signal?: AbortSignal;
  granted?: string[];
  lastAssociate?: OperationContext['lastAssociate'];
  plansOfTask?: OperationContext['plansOfTask'];
  changedAfterTask?: OperationContext['changedAfterTask'];
  beforeWrite?(what: string): Promise<void>;
  isAwaited?(): Promise<boolean>;
  emit?(event: NewOperationEvent): void;
  portal?: string;
}

/** Simulated milliseconds per wall millisecond: a minute of waiting takes 0.6 s. */
const RATE = 100;

/** A sandbox and one or more portals that reach it over the wire. */
export class LifecycleWorld {
  events: NewOperationEvent[] = [];
  /** The writes about to be made, in order. */
  guarded: string[] = [];
  /** Leases taken and released, in order. */
  leases: string[] = [];
  readonly clock: Clock;
  /** What the catalog has, by ref in lower case. */
  readonly catalog = new Map<string, CatalogEntity>();
  readonly #restore: () => void;
  readonly #kubes = new Map<string, AdminKube>();

  private constructor(
    readonly sandbox: Sandbox,
    readonly portals: Map<string, Portal>,
    restore: () => void,
  ) {
    this.#restore = restore;
    this.clock = clockOf(sandbox);
  }

  static async start(options: WorldOptions = {}): Promise<LifecycleWorld> {
    const { portals = { main: {} }, ...rest } = options;
    const sandbox = await startSandbox({
      clusters: ['payments-prod'],
      clockRate: RATE,
      ...rest,
    });
    const restore = useEndpoint(sandbox.awsEndpoint);
    const world = new LifecycleWorld(sandbox, new Map(), restore);
    for (const [name, entry] of Object.entries(portals)) {
      world.addPortal(name, entry);
    }
    return world;
  }

  /** An empty account with clusters, managed by portals that use only AWS. */
  static async withCluster({
    agent = true,
    portals = ['main'],
    ...options
  }: ClusterOptions = {}): Promise<LifecycleWorld> {
    const world = await LifecycleWorld.start({
      scenario: 'empty',
      portals: {},
    });
    const clusters = (options.clusters ?? [{ name: 'payments-prod' }]).map(
      entry => ({ kubernetes: { access: 'none' }, ...entry }),
    );
    for (const { name } of clusters) {
      await world.sandbox.createCluster({ name });
      if (!agent) continue;
      await world.sandbox.aws.eks.putAddon(name, {
        addonName: 'eks-pod-identity-agent',
      });
    }
    for (const name of portals) {
      world.addPortal(name, { ...options, clusters });
    }
    return world;
  }

  addPortal(name: string, options: PortalOptions = {}): void {
    this.portals.set(name, lifecyclePortal(this.sandbox, name, options));
  }

  portal(name = 'main'): Portal {
    const found = this.portals.get(name);
    if (!found) throw new Error(`There is no portal ${name}`);
    return found;
  }

  context(options: RunOptions = {}, entityRef?: string): OperationContext {
    const { config, clusters } = this.portal(options.portal);
    return {
      config,
      clusters,
      clock: this.clock,
      logger: silentLogger,
      signal: options.signal ?? new AbortController().signal,
      emit: async event => {
        this.events.push(event);
        options.emit?.(event);
      },
      guard: {
        beforeWrite: async what => {
          this.guarded.push(what);
          await options.beforeWrite?.(what);
        },
        isAwaited: options.isAwaited,
        withLease: async ({ kind, name }, work) => {
          this.leases.push(`take ${kind} ${name}`);
          try {
            return await work();
          } finally {
            this.leases.push(`give ${kind} ${name}`);
          }
        },
      },
      granted: new Set(
        options.granted ?? serviceAccountPermissions.map(({ name }) => name),
      ),
      ...askedBy(options, this.catalog, entityRef),
      lastAssociate: options.lastAssociate,
      plansOfTask: options.plansOfTask,
      changedAfterTask: options.changedAfterTask,
    };
  }

  associate(
    ref: string,
    input: Partial<AssociateInput> = {},
    options: RunOptions = {},
  ): Promise<AssociateResult> {
    const { lifecycle } = this.portal(options.portal);
    return lifecycle.associate(
      {
        ref: parseServiceAccountRef(ref),
        input: fullInput(ref, input),
        taskId: options.taskId,
      },
      this.context(options, input.entityRef),
    );
  }

  planAssociate(
    ref: string,
    input: Partial<AssociateInput> = {},
    options: RunOptions = {},
  ): Promise<Plan> {
    const { lifecycle } = this.portal(options.portal);
    return lifecycle.planAssociate(
      {
        ref: parseServiceAccountRef(ref),
        input: fullInput(ref, input),
        taskId: options.taskId,
      },
      this.context(options, input.entityRef),
    );
  }

  /** Looks, without a pod where nothing else is said. */
  verify(
    ref: string,
    { entityRef }: { entityRef?: string },
    options: RunOptions = {},
    probe: ProbeLevel = 'none',
  ): Promise<VerificationReport> {
    return this.portal(options.portal).verification.verify(
      {
        ref: parseServiceAccountRef(ref),
        entityRef,
        trigger: 'user',
        probe,
        permissionChecks: [],
        timeoutSeconds: 3_600,
      },
      this.context(options, entityRef),
    );
  }

  teardown(
    ref: string,
    input: Partial<TeardownInput> = {},
    options: RunOptions = {},
  ): Promise<TeardownResult> {
    const { lifecycle } = this.portal(options.portal);
    return lifecycle.teardown(
      { ref: parseServiceAccountRef(ref), input: fullInput(ref, input) },
      this.context(options, input.entityRef),
    );
  }

  restart(
    ref: string,
    input: Partial<RestartInput> = {},
    options: RunOptions = {},
  ): Promise<RestartResult> {
    const { lifecycle } = this.portal(options.portal);
    return lifecycle.restart(
      { ref: parseServiceAccountRef(ref), input: fullInput(ref, input) },
      this.context(options, input.entityRef),
    );
  }

  planTeardown(
    ref: string,
    input: Partial<TeardownInput> = {},
    options: RunOptions = {},
  ): Promise<Plan> {
    const { lifecycle } = this.portal(options.portal);
    return lifecycle.planTeardown(
      { ref: parseServiceAccountRef(ref), input: fullInput(ref, input) },
      this.context(options, input.entityRef),
    );
  }

  /** Calls of the portals that changed stored state since the last reset. */
  writes(): string[] {
    return this.#calls()
      .filter(({ write, status }) => write && status > 0 && status < 400)
      .map(({ service, operation }) => `${service}:${operation}`);
  }

  calls(): string[] {
    return this.#calls().map(
      ({ service, operation }) => `${service}:${operation}`,
    );
  }

  /** Only the portals' calls, not the administrator's. */
  #calls(): RecordedCall[] {
    const { calls, credentials } = this.sandbox;
    return calls
      .calls()
      .filter(
        ({ internal, operation, principalArn }) =>
          !internal &&
          operation !== 'AssumeRole' &&
          principalArn !== credentials.admin.arn,
      );
  }

  /** Forgets calls, events and guarded writes. */
  forget(): void {
    this.sandbox.calls.reset();
    this.events = [];
    this.guarded = [];
    this.leases = [];
  }

  association(ref: string) {
    const { cluster, namespace, serviceAccount } = parseServiceAccountRef(ref);
    const { name } = this.#clusterOf(cluster);
    return this.sandbox.aws.eks
      .associations(name)
      .find(
        found =>
          found.namespace === namespace &&
          found.serviceAccount === serviceAccount,
      );
  }

  #clusterOf(id: string) {
    for (const { clusters } of this.portals.values()) {
      const found = clusters.list().find(cluster => cluster.id === id);
      if (found) return found;
    }
    throw new Error(`No portal knows the cluster ${id}`);
  }

  role(arn: string | undefined) {
    return arn ? this.sandbox.aws.iam.findRole(arn) : undefined;
  }

  trustOf(arn: string | undefined): { Statement: any[] } {
    return JSON.parse(this.role(arn)?.trust ?? '{}');
  }

  /** The administrator of a cluster. */
  kube(cluster = 'payments-prod'): AdminKube {
    const known = this.#kubes.get(cluster);
    if (known) return known;
    const made = new AdminKube(this.sandbox, cluster);
    this.#kubes.set(cluster, made);
    return made;
  }

  steps(): Extract<NewOperationEvent, { type: 'step' }>['data'][] {
    return this.events.flatMap(event =>
      event.type === 'step' ? [event.data] : [],
    );
  }

  async stop(): Promise<void> {
    for (const { clusters } of this.portals.values()) await clusters.close();
    this.#restore();
    await this.sandbox.stop();
  }
}

function clockOf(sandbox: Sandbox): Clock {
  return {
    now: () => sandbox.clock.now(),
    sleep: (ms, signal) => sandbox.clock.sleep(ms, signal),
  };
}

function fullInput<T extends object>(ref: string, input: T) {
  const { cluster, namespace, serviceAccount } = parseServiceAccountRef(ref);
  return { clusterName: cluster, namespace, serviceAccount, ...input };
}

/** Summary of a plan: `+ role`, `= association`, … */
export function outline(plan: Plan): string[] {
  return plan.steps.map(({ id, change }) => `${change} ${id}`);
}

/** The step of a plan; throws if it is missing. */
export function stepOf(plan: Plan, id: string) {
  const step = plan.steps.find(candidate => candidate.id === id);
  if (!step) {
    throw new Error(`The plan has no step ${id}: ${outline(plan).join(', ')}`);
  }
  return step;
}
