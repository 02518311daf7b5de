import { ConfigReader } from '@backstage/config';
import type {
  CheckResult,
  NewOperationEvent,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  startSandbox,
  type Sandbox,
  type SandboxOptions,
  useEndpoint,
} from 'eks-sandbox';
import { silentLogger } from '../../async/__testUtils__/silentLogger';
import type { Clock } from '../../async/clock';
import { forbidAction } from '../../clusters/__testUtils__/forbidAction';
import { portal } from '../../clusters/__testUtils__/portal';
import { readEngineConfig } from '../../clusters/config';
import type { Clusters, EngineConfig } from '../../clusters/types';
import type { OperationContext } from '../../operationContext';
import {
  createVerification,
  type VerificationOptions,
} from '../run/createVerification';
import type { GateResult } from '../../lifecycle/gate';
import type { FactProviders, VerifyRequest } from '../framework/request';
import type { FactBundle } from '../run/bundle';
import type { Verification, VerifyContext } from '../run/verification';

/** Options of a world for verification tests. */
export interface WorldOptions extends SandboxOptions {
  /** Entries of `eksPodIdentity.clusters`; default payments-prod. */
  portalClusters?: Array<Record<string, unknown>>;
  /** Further keys of `eksPodIdentity`. */
  section?: Record<string, unknown>;
  /** Whose keys the portal uses; default: its own user with its three roles. */
  as?: 'portal' | 'nobody' | 'admin';
  verification?: VerificationOptions;
  /** Of the portal's calls; the run itself goes by the sandbox's. */
  clock?: Clock;
  /** Of the pace of the portal's calls to AWS, and of the pauses before one is made again. */
  paceClock?: Clock;
}

/** A sandbox, a portal that reaches it over the wire, and the portal's events. */
export class VerifyWorld {
  readonly events: NewOperationEvent[] = [];
  controller = new AbortController();
  lastAssociate: OperationContext['lastAssociate'];
  elsewhere: OperationContext['elsewhere'];
  readonly clock: Clock;

  private constructor(
    readonly sandbox: Sandbox,
    readonly clusters: Clusters,
    readonly config: EngineConfig,
    readonly verification: Verification,
    private readonly restore: () => void,
  ) {
    this.clock = {
      now: () => sandbox.clock.now(),
      sleep: (ms, signal) => sandbox.clock.sleep(ms, signal),
    };
  }

  static async start(options: WorldOptions = {}): Promise<VerifyWorld> {
    const { portalClusters, section, as = 'portal', ...rest } = options;
    const sandbox = await startSandbox({
      clusters: ['payments-prod'],
      ...rest,
    });
    sandbox.aws.set({ lookupsPerSecond: 1_000 });
    const restore = useEndpoint(sandbox.awsEndpoint);
    const { credentials } = sandbox;
    const keys = {
      portal: credentials.backstage,
      nobody: credentials.nobody,
      admin: credentials.admin,
    }[as];
    const entries = (portalClusters ?? [{ name: 'payments-prod' }]).map(
      entry => ({
        ...(as === 'portal' ? { roles: credentials.roles } : {}),
        ...entry,
      }),
    );
    const settings = {
      ...section,
      pacing: {
        eksPerSecond: 1000,
        iamPerSecond: 1000,
        cloudTrailPerSecond: 1000,
        burst: 1000,
        replicas: 1,
        ...(section?.pacing as object | undefined),
      },
    };
    const { clusters } = portal({
      sandbox,
      clock: options.clock,
      paceClock: options.paceClock,
      keys: {
        accessKeyId: keys.accessKeyId,
        secretAccessKey: keys.secretAccessKey,
      },
      clusters: entries,
      section: settings,
    });
    const config = readEngineConfig(
      new ConfigReader({
        app: { baseUrl: 'https://portal.example.com' },
        eksPodIdentity: {
          ...settings,
          clusters: entries.map(entry => ({
            region: sandbox.region,
            accountId: sandbox.accountId,
            ...entry,
          })),
        },
      } as any),
    );
    return new VerifyWorld(
      sandbox,
      clusters,
      config,
      createVerification(options.verification),
      restore,
    );
  }

  context(): OperationContext {
    return {
      config: this.config,
      clusters: this.clusters,
      clock: this.clock,
      logger: silentLogger,
      signal: this.controller.signal,
      emit: async event => {
        this.events.push(event);
      },
      guard: {
        beforeWrite: async () => {},
        withLease: async (_key, work) => work(),
      },
      granted: new Set(),
      findEntity: async () => undefined,
      lastAssociate: this.lastAssociate,
      elsewhere: this.elsewhere,
    };
  }

  /** Verifies; options left out are those of a template. */
  verify(
    request: Partial<VerifyRequest> & { ref: ServiceAccountRef },
    more: Partial<VerifyContext> = {},
    known?: FactProviders,
  ): Promise<VerificationReport> {
    return this.verification.verify(
      {
        trigger: 'user',
        probe: 'none',
        permissionChecks: [],
        timeoutSeconds: 300,
        ...request,
      },
      { ...this.context(), ...more },
      known,
    );
  }

  /** What a run has read. */
  bundle(ref: ServiceAccountRef): Promise<FactBundle> {
    return new Promise((resolve, reject) => {
      this.verify({ ref }, { sawFacts: resolve }).catch(reject);
    });
  }

  gate(ref: ServiceAccountRef, deadlineMs = 90_000): Promise<GateResult> {
    return this.verification.waitUntilEffective(
      ref,
      { deadlineMs },
      this.context(),
    );
  }

  /** The Kubernetes side of a cluster, without the wire. */
  kube(name = 'payments-prod') {
    return this.sandbox.cluster(name);
  }

  /** Restores the initial state and waits until its background work runs again. */
  async reset(): Promise<void> {
    this.events.length = 0;
    this.lastAssociate = undefined;
    this.elsewhere = undefined;
    await this.sandbox.reset();
    await this.settled();
  }

  /** Waits until every agent is ready. */
  async settled(name?: string): Promise<void> {
    await this.kube(name).agentReady();
  }

  /** Runs a pod that is the newest of its service account, so that a probe goes where it does. */
  async newestPod(
    { namespace, serviceAccount }: Omit<ServiceAccountRef, 'cluster'>,
    nodeSelector: Record<string, string>,
  ): Promise<void> {
    const name = 'newest';
    await this.kube().apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace },
      spec: {
        serviceAccountName: serviceAccount,
        nodeSelector,
        containers: [
          { name: 'app', image: 'busybox', command: ['sleep', 'infinity'] },
        ],
      },
    });
    await this.kube().waitFor(
      'pods',
      namespace,
      name,
      pod => pod?.status?.phase === 'Running',
    );
    await this.settled();
  }

  /** Lets the pods of workloads, and no probe, send to these alone. */
  async limitEgress(name: string, egress: object[]): Promise<void> {
    await this.kube().apply({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace: 'payments' },
      spec: {
        podSelector: {
          matchExpressions: [
            { key: 'app.kubernetes.io/name', operator: 'Exists' },
          ],
        },
        policyTypes: ['Egress'],
        egress,
      },
    });
  }

  /** Names of remaining probe pods. */
  probes(namespace: string, name?: string): string[] {
    return this.kube(name)
      .list('pods', namespace)
      .map(pod => pod.metadata.name)
      .filter(pod => pod.startsWith('eks-pod-identity-probe-'));
  }

  /** @throws when a probe was left behind */
  assertNoProbes(namespace: string): void {
    const left = this.probes(namespace);
    if (left.length) throw new Error(`Left behind: ${left.join(', ')}`);
  }

  /** Removes rules on a resource from one of the portal's groups in the cluster. */
  async forbidKubernetes(
    group: 'readers' | 'verifiers',
    resource: string,
    verbs?: string[],
  ): Promise<void> {
    const kube = this.kube();
    const name = `backstage-${group}`;
    const isGroup = (subject: { name: string }) => subject.name === name;
    const bindings = kube
      .list('clusterrolebindings')
      .filter(binding => binding.subjects?.some(isGroup));
    const left = bindings
      .flatMap(
        binding =>
          kube.get('clusterroles', undefined, binding.roleRef.name)!.rules,
      )
      .flatMap((rule: any) =>
        rule.resources.map((one: string) => ({ ...rule, resources: [one] })),
      )
      .map((rule: any) =>
        rule.resources[0] === resource
          ? {
              ...rule,
              verbs: rule.verbs.filter(
                (verb: string) => verbs && !verbs.includes(verb),
              ),
            }
          : rule,
      )
      .filter((rule: any) => rule.verbs.length > 0);
    for (const { metadata } of bindings) {
      await kube.change(
        'clusterrolebindings',
        undefined,
        metadata.name,
        binding => {
          binding.subjects = binding.subjects.filter(
            (subject: { name: string }) => !isGroup(subject),
          );
        },
      );
    }
    const rbac = 'rbac.authorization.k8s.io';
    await kube.apply([
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRole',
        metadata: { name },
        rules: left,
      },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
        subjects: [{ apiGroup: rbac, kind: 'Group', name }],
      },
    ]);
  }

  /** Removes an action from the portal's read role. */
  forbid(action: string): void {
    forbidAction(this.sandbox, action);
  }

  /** Log lines of the operation. */
  get log(): string[] {
    return this.events.flatMap(event =>
      event.type === 'log' ? [event.data.message] : [],
    );
  }

  /** Checks in the order in which they were reported. */
  get told(): CheckResult[] {
    return this.events.flatMap(event =>
      event.type === 'check' ? [event.data] : [],
    );
  }

  async stop(): Promise<void> {
    await this.clusters.close();
    this.restore();
    await this.sandbox.stop();
  }
}

/** One check of a report; throws if it is missing. */
export function checkOf(report: VerificationReport, id: string): CheckResult {
  const found = report.checks.find(check => check.id === id);
  if (!found) throw new Error(`The report has no check ${id}`);
  return found;
}

/** Summary: `id status` of every check. */
export function glance(report: VerificationReport): string[] {
  return report.checks.map(check => `${check.id} ${check.status}`);
}
