import {
  type MigrateInput,
  type MigrateResult,
  type NewOperationEvent,
  type RollbackInput,
  type RollbackResult,
  serviceAccountPermissions,
} from 'backstage-plugin-eks-pod-identity-common';
import { letPortalPass } from 'eks-sandbox';
import { cloudTrailSource } from '../../evidence/cloudTrail';
import { readEvidence } from '../../evidence/read';
import type { ReadEvidence } from '../../evidence/types';
import { dual, NEW } from '../../inventory/__testUtils__/accessCase';
import { AccessWorld } from '../../inventory/__testUtils__/AccessWorld';
import type { AccessSeen } from '../../inventory/asking';
import {
  VerifyWorld,
  type WorldOptions,
} from '../../verification/__testUtils__/VerifyWorld';
import type { VerifyContext } from '../../verification/run/verification';
import { createMoves } from '../operation/operations';
import type { Moves } from '../operation/types';
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
const ROLES = 'arn:aws:iam::111122223333:role/r-*';

/** Of a workload under the service account: its program asks so often, and holds its client or makes a new one. */
export interface Program {
  name: string;
  sdk: string;
  client: 'held' | 'new';
  every: string;
  kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  spec?: Record<string, unknown>;
}

/** Two that differ in how they hold on to what they have. */
export const programs = (every: string): Program[] => [
  { name: 'held', sdk: NEW, client: 'held', every },
  { name: 'fresh', sdk: 'go-v2/1.48.0', client: 'new', every },
];

/** Its manifest. */
export const workload = ({
  name,
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
        serviceAccountName: NAME,
        containers: [{ name: 'app', image: 'registry.example.com/app' }],
      },
    },
  },
});

/** A service account on IRSA whose programs ask all the time, and a portal that moves it. */
export class MoveWorld {
  readonly moves: Moves;
  readonly events: NewOperationEvent[] = [];

  private constructor(
    readonly world: VerifyWorld,
    readonly access: AccessWorld,
    readonly asking: Asking,
    readonly roleArn: string,
    seen: AccessSeen,
    component: string | undefined,
    evidence: ReadEvidence | undefined,
  ) {
    this.moves = createMoves({
      verification: world.verification,
      evidence,
      seen: async () => seen,
      componentOf: async () => component,
    });
  }

  /**
   * @param cloudTrail - whether the portal reads it; default true
   * @param component - to which a tag links the service account
   * @param trusted - whether the role lets Pod Identity in, too; default true
   */
  static async start({
    cloudTrail = true,
    trusted = true,
    running = programs('5m'),
    component,
    ...options
  }: WorldOptions & {
    cloudTrail?: boolean;
    trusted?: boolean;
    running?: Program[];
    component?: string;
  } = {}): Promise<MoveWorld> {
    const world = await VerifyWorld.start({
      ...options,
      section: { guardrails: { roles: { adopt: [ROLES] } } },
    });
    world.sandbox.clock.setRate(20);
    letPortalPass(world.sandbox.aws, world.sandbox.credentials, [ROLES]);
    const access = new AccessWorld(world);
    const role = trusted
      ? dual(access, NAME)
      : access.role(`r-${NAME}`, [access.oidc(NAME)]);
    await access.runs(NAME, { role, kind: 'none' });
    await world.sandbox.clock.advance(60_000);
    await world.kube().apply(running.map(workload) as any);
    const asking = new Asking(world, NAMESPACE);
    asking.start();
    await access.asked(NAME);
    const { rows, searched = [] } = await access.look();
    const row = rows.find(one => one.ref.serviceAccount === NAME)!;
    const { clusters } = world;
    return new MoveWorld(
      world,
      access,
      asking,
      role,
      {
        searched,
        programs: new Map([[`${NAMESPACE}/${NAME}`, row.programs!]]),
      },
      component,
      cloudTrail
        ? request =>
            readEvidence(cloudTrailSource(clusters), request, world.clock.now())
        : undefined,
    );
  }

  context(more: Partial<VerifyContext> = {}): VerifyContext {
    return {
      ...this.world.context(),
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
    return this.moves.migrate(
      { ref: REF, input: { ...TARGET, ...input } },
      this.context(more),
    );
  }

  rollback(
    input: Partial<RollbackInput> = {},
    more: Partial<VerifyContext> = {},
  ): Promise<RollbackResult> {
    return this.moves.rollback(
      { ref: REF, input: { ...TARGET, ...input } },
      this.context(more),
    );
  }

  association() {
    return this.world.sandbox.aws.eks
      .associations(REF.cluster)
      .find(({ serviceAccount }) => serviceAccount === NAME);
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
