import {
  type AccessRow,
  type MigrateInput,
  type MigrateResult,
  type NewOperationEvent,
  type RollbackInput,
  type RollbackResult,
  serviceAccountPermissions,
} from 'backstage-plugin-eks-pod-identity-common';
import { letPortalPass } from 'eks-sandbox';
import { EDIT_TRUST_TAG, movingPolicy } from '../../aws/portalRights';
import { cloudTrailSource } from '../../evidence/cloudTrail';
import { readEvidence } from '../../evidence/read';
import type { ReadEvidence } from '../../evidence/types';
import { NEW, POD_IDENTITY } from '../../inventory/__testUtils__/accessCase';
import { AccessWorld } from '../../inventory/__testUtils__/AccessWorld';
import type { AccessSeen } from '../../inventory/asking';
import {
  VerifyWorld,
  type WorldOptions,
} from '../../verification/__testUtils__/VerifyWorld';
import type { VerifyContext } from '../../verification/run/verification';
import { createMoves } from '../operation/operations';
import { LOOKS_MS } from '../operation/ownStatement';
import { FIRST_ASK_MS } from '../operation/refresh';
import type { Moves } from '../operation/types';
import type { PolicyStatement } from '../../iam/policyDocument';
import { trustsInMemory } from './trustsInMemory';
import { Asking } from './Asking';

export const NAMESPACE = 'shop';
export const NAME = 'api';
export const REF = {
  cluster: 'payments-prod',
  namespace: NAMESPACE,
  serviceAccount: NAME,
};
const TARGET = {
  clusterName: REF.cluster,
  namespace: NAMESPACE,
  serviceAccount: NAME,
};
const requestFor = <T extends { serviceAccount?: string }>(input: T) => ({
  ref: { ...REF, serviceAccount: input.serviceAccount ?? NAME },
  input: { ...TARGET, ...input },
});
/**
 * Between two readings of a trust policy that was edited. Nothing of the move happens meanwhile, so that time is made to
 * pass; a deadline, which waits beside the work, must not.
 */
export const isBetweenReadings = (ms: number) =>
  LOOKS_MS.slice(1).some((look, index) => {
    const pause = look - LOOKS_MS[index];
    return ms <= pause && ms > pause - LOOKS_MS[0];
  });
export const ROLES = 'arn:aws:iam::111122223333:role/r-*';

/** Of a workload under the service account: its program asks so often, and holds its client or makes a new one. */
export interface Program {
  name: string;
  /** Its service account; default: that of `NAME`. */
  account?: string;
  sdk: string;
  client: 'held' | 'new';
  every: string;
  kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  spec?: Record<string, unknown>;
}

/** Two that differ in how they hold on to what they have; each asks several times before it has to renew that. */
export const programs = (every = '20m'): Program[] => [
  { name: 'held', sdk: NEW, client: 'held', every },
  { name: 'fresh', sdk: 'go-v2/1.48.0', client: 'new', every },
];

/** Its manifest. */
export const workload = ({
  name,
  account = NAME,
  sdk,
  client,
  every,
  kind = 'Deployment',
  spec,
}: Program) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: NAMESPACE },
  spec: {
    ...(kind === 'DaemonSet' ? {} : { replicas: 1 }),
    ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
    ...spec,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: {
        labels: { app: name },
        annotations: {
          'sandbox.example.com/sdk': sdk,
          'sandbox.example.com/every': every,
          'sandbox.example.com/client': client,
        },
      },
      spec: {
        serviceAccountName: account,
        containers: [{ name: 'app', image: 'registry.example.com/app' }],
      },
    },
  },
});

/** Gives the write role the documented right to edit trust policies. */
export function letEdit({ config, sandbox }: VerifyWorld): void {
  const { iam } = sandbox.aws;
  const arn = sandbox.credentials.roles.write;
  const { inline } = iam.role(arn);
  const held = Object.entries(inline).map(([key, text]) => [
    key,
    JSON.parse(text),
  ]);
  iam.updateRole(arn, {
    inline: {
      ...Object.fromEntries(held),
      moving: movingPolicy({
        partition: 'aws',
        region: sandbox.region,
        accountId: sandbox.accountId,
        clusterName: REF.cluster,
        rolePath: '/backstage/',
        boundaryArn: '',
        portalId: config.portalId,
      }) as any,
    },
  });
}

/** A service account on IRSA whose programs ask all the time, and a portal that moves it. */
export class MoveWorld {
  readonly moves: Moves;
  readonly events: NewOperationEvent[] = [];
  readonly trusts = trustsInMemory();
  private seen: AccessSeen = { searched: [], programs: new Map() };

  private constructor(
    readonly world: VerifyWorld,
    readonly access: AccessWorld,
    readonly asking: Asking,
    readonly roleArn: string,
    component: string | undefined,
    evidence: ReadEvidence | undefined,
  ) {
    this.moves = createMoves({
      verification: world.verification,
      evidence,
      seen: async () => this.seen,
      componentOf: async () => component,
      trusts: this.trusts,
    });
  }

  /**
   * @param cloudTrail - whether the portal reads it; default true
   * @param component - to which a tag links the service account
   * @param trusted - whether the role lets Pod Identity in, too; default true
   * @param pattern - a trusted role lets it in by IRSA by a pattern, default by its name
   * @param edits - the configuration lets moves edit its trust policy, its owner, and AWS; default false
   * @param role - what differs of a role that is not `trusted`
   */
  static async start({
    cloudTrail = true,
    trusted = true,
    pattern = false,
    running = programs(),
    component,
    edits = false,
    role: { name = `r-${NAME}`, more = [], ...differs } = {},
    ...options
  }: WorldOptions & {
    edits?: boolean;
    role?: Parameters<AccessWorld['role']>[2] & {
      name?: string;
      more?: object[];
    };
    cloudTrail?: boolean;
    trusted?: boolean;
    pattern?: boolean;
    running?: Program[];
    component?: string;
  } = {}): Promise<MoveWorld> {
    const world = await VerifyWorld.start({
      ...options,
      section: {
        guardrails: {
          roles: { adopt: [ROLES], ...(edits ? { editTrust: [ROLES] } : {}) },
        },
      },
    });
    world.sandbox.clock.setRate(20);
    letPortalPass(world.sandbox.aws, world.sandbox.credentials, [ROLES]);
    if (edits) letEdit(world);
    const access = new AccessWorld(world);
    const byName = access.oidc(NAME);
    const byPattern = access.oidc('', { StringLike: access.sub('a*') });
    const role = trusted
      ? access.role(`r-${NAME}`, [pattern ? byPattern : byName, POD_IDENTITY])
      : access.role(name, [byName, ...more] as any, {
          tags: edits ? { [EDIT_TRUST_TAG]: world.config.portalId } : {},
          ...differs,
        });
    await access.runs(NAME, { role, kind: 'none' });
    await world.sandbox.clock.advance(60_000);
    await world.kube().apply(running.map(workload) as any);
    const asking = new Asking(world, NAMESPACE);
    asking.start();
    const { clusters } = world;
    const made = new MoveWorld(
      world,
      access,
      asking,
      role,
      component,
      cloudTrail
        ? request =>
            readEvidence(cloudTrailSource(clusters), request, world.clock.now())
        : undefined,
    );
    await made.look(NAME);
    return made;
  }

  /** Looks once these have asked; moves then know the programs that it saw. Rows by the name of the service account. */
  async look(...asked: string[]): Promise<Map<string, AccessRow>> {
    await this.access.asked(...asked);
    const { rows, searched = [] } = await this.access.look();
    const seen = rows.flatMap(({ ref, programs: own }) =>
      own ? [[`${ref.namespace}/${ref.serviceAccount}`, own] as const] : [],
    );
    this.seen = { searched, programs: new Map(seen) };
    return new Map(rows.map(row => [row.ref.serviceAccount, row]));
  }

  context(more: Partial<VerifyContext> = {}): VerifyContext {
    const { clock } = this.world;
    const context = this.world.context();
    return {
      ...context,
      // A move waits for its roll-outs all the same
      guard: { ...context.guard, isAwaited: async () => true },
      clock: {
        now: clock.now,
        sleep: async (ms, signal) => {
          if (isBetweenReadings(ms)) {
            await this.world.sandbox.clock.advance(ms);
            return;
          }
          const passed = clock.sleep(ms, signal);
          // However slow the machine is, a program has asked by then
          await (ms === FIRST_ASK_MS
            ? Promise.race([passed, this.asking.roads()])
            : passed);
        },
      },
      emit: async event => {
        this.events.push(event);
      },
      granted: new Set(serviceAccountPermissions.map(({ name }) => name)),
      ...more,
    };
  }

  migrate(
    input: Partial<MigrateInput> = {},
    more: Partial<VerifyContext> = {},
  ): Promise<MigrateResult> {
    return this.moves.migrate(requestFor(input), this.context(more));
  }

  rollback(
    input: Partial<RollbackInput> = {},
    more: Partial<VerifyContext> = {},
  ): Promise<RollbackResult> {
    return this.moves.rollback(requestFor(input), this.context(more));
  }

  /** Looks have read CloudTrail for so many days up to now, and saw its last call by IRSA before them. */
  silent(days = 8): void {
    const now = this.world.sandbox.clock.now();
    const since = new Date(now - days * 86_400_000).toISOString();
    const until = new Date(now).toISOString();
    const { seen } = this;
    this.seen = {
      searched: seen.searched.map(one => ({ ...one, since, until })),
      programs: new Map(
        [...seen.programs].map(([key, all]) => [
          key,
          all.map(one => ({ ...one, lastAt: since })),
        ]),
      ),
    };
  }

  association() {
    return this.world.sandbox.aws.eks
      .associations(REF.cluster)
      .find(({ serviceAccount }) => serviceAccount === NAME);
  }

  /** What the trust policy of the role says now. */
  trust(): PolicyStatement[] {
    const { iam } = this.world.sandbox.aws;
    return JSON.parse(iam.role(this.roleArn).trust).Statement;
  }

  /** Another writer stores these statements. */
  putTrust(Statement: PolicyStatement[]): void {
    this.world.sandbox.aws.iam.updateRole(this.roleArn, {
      trust: { Version: '2012-10-17', Statement } as any,
    });
  }

  /** What the portal has written to AWS and Kubernetes since the calls were forgotten. */
  writes(): string[] {
    return this.world.sandbox.calls
      .calls()
      .filter(
        ({ internal, operation, principalArn, write }) =>
          write &&
          !internal &&
          operation !== 'AssumeRole' &&
          principalArn?.includes('backstage'),
      )
      .map(({ operation }) => operation);
  }

  /** Everything there is of the rehearsal. */
  rehearsals() {
    return [
      ...this.world.sandbox.aws.eks
        .associations(REF.cluster)
        .filter(({ serviceAccount }) => /rehearsal/.test(serviceAccount)),
      ...this.world
        .kube()
        .list('serviceaccounts', NAMESPACE)
        .filter(({ metadata }) => /rehearsal/.test(metadata.name)),
    ];
  }

  /** How the steps ended, in the order in which they did. */
  ends(): string[] {
    return this.events.flatMap(event =>
      event.type === 'step' &&
      ['done', 'failed', 'skipped'].includes(event.data.status)
        ? [`${event.data.id} ${event.data.status}`]
        : [],
    );
  }

  async stop(): Promise<void> {
    this.asking.stop();
    // A connection that is kept alive would hold the server for a minute
    await this.world.clusters.close();
    await this.world.sandbox.stop();
  }
}
