import type {
  AuthService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type {
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  type Association,
  createEngine,
  type EngineConfig,
  type FactProviders,
  readEngineConfig,
  type Verification,
  type VerifyRequest,
} from 'eks-pod-identity-engine';
import { type CatalogEntity, createTags } from 'eks-pod-identity-engine/portal';
import { ManualClock } from 'eks-pod-identity-engine/testUtils';
import type { Knex } from 'knex';
import { CapturingLogger } from '../../__testUtils__/CapturingLogger';
import { EntityDirectory } from '../../permissions/EntityDirectory';
import { createStore } from '../../store';
import { queuedAssociate } from '../../store/__testUtils__/queuedAssociate';
import { retryingStore } from '../../store/retryingStore';
import { StatusRecorder } from '../../status/StatusRecorder';
import type { ClusterSweepOptions } from '../ClusterSweep';

const ACCOUNT = '111122223333';

/** An association as EKS has it. */
interface Made extends Omit<Association, 'arn'> {
  arn?: string;
  ref: ServiceAccountRef;
}

export const refOf = (serviceAccount: string): ServiceAccountRef => ({
  cluster: 'prod',
  namespace: 'shop',
  serviceAccount,
});

export const roleArnOf = (name: string) =>
  `arn:aws:iam::${ACCOUNT}:role/${name}`;

/** The role that makes a verification fail. */
export const BAD = roleArnOf('bad');

const failure = (name: string) =>
  Object.assign(new Error(`${name} by the account`), { name });

/**
 * An account with the clusters `prod` and `next`, whose EKS and IAM answer what a sweep asks of them and deny everything
 * else; and a portal that reads it: its database and its clock stand still until a test moves them.
 */
export class SweptAccount {
  readonly clock = new ManualClock();
  readonly logger = new CapturingLogger();
  /** What EKS has on `prod`, by id. */
  readonly associations = new Map<string, Made>();
  /** As GetAccountAuthorizationDetails shows them; undefined where it is denied. */
  roles: object[] | undefined = [];
  /** By ref. */
  readonly catalog = new Map<string, Omit<CatalogEntity, 'entityRef'>>();
  readonly auth = {
    getOwnServiceCredentials: async () => ({}),
  } as AuthService;
  readonly catalogService = {
    getEntitiesByRefs: async ({ entityRefs }: { entityRefs: string[] }) => ({
      items: entityRefs.map(ref => this.#entity(ref)),
    }),
  } as unknown as CatalogService;
  /** Every call, with what it asks for. */
  readonly calls: string[] = [];
  /** Runs within each call. */
  during: (call: string) => unknown = () => {};
  /** What was verified, with the role that its association named. */
  readonly judged: [name: string, roleArn: string | undefined][] = [];
  /** Runs before each verdict. */
  judging: (facts: FactProviders) => unknown = () => {};
  readonly config: EngineConfig;
  readonly store;
  readonly engine;
  readonly entities: EntityDirectory;

  constructor(knex: Knex, section: object = {}) {
    const clusters = ['prod', 'next'].map(name => ({
      name,
      region: 'eu-west-1',
      accountId: ACCOUNT,
      kubernetes: { access: 'none' },
    }));
    const values: Record<string, unknown> = {
      eksPodIdentity: { clusters, inventory: { enabled: false }, ...section },
      'app.baseUrl': 'https://portal.example.com',
    };
    const read = (path: string) => values[path];
    this.config = readEngineConfig({
      getOptional: read,
      getOptionalString: read,
      getString: read,
    } as unknown as RootConfigService);
    this.store = createStore(knex, () => this.clock.now());
    this.engine = createEngine({
      config: this.config,
      credentials: {
        getCredentialProvider: async () => {
          throw new Error('No call goes to AWS');
        },
      },
      clock: this.clock,
      logger: this.logger,
    });
    for (const { id } of this.engine.clusters.list()) {
      const { eks, iam } = this.engine.clusters.session(id, 'read').aws;
      const send = (command: object) => this.#answer(command);
      Object.assign(eks, { send });
      Object.assign(iam, { send });
    }
    this.entities = new EntityDirectory({
      auth: this.auth,
      catalog: this.catalogService,
    });
  }

  /** An association on `prod` that no portal made. */
  foreign(id: string, more: Partial<Made> = {}): Made {
    const made: Made = {
      id,
      ref: refOf(id),
      arn: `arn:${id}`,
      roleArn: roleArnOf(id),
      disableSessionTags: false,
      tags: {},
      ...more,
    };
    this.associations.set(id, made);
    return made;
  }

  /** One that this portal made for an entity. */
  ours(
    id: string,
    entityRef: string,
    record: Record<string, string> = {},
  ): Made {
    const subject = {
      portalId: this.config.portalId,
      ...refOf(id),
      cluster: { name: 'prod', region: 'eu-west-1' },
    };
    const tags = createTags(subject, { tags: record, entityRef });
    return this.foreign(id, { tags });
  }

  /** An operation of the portal on the service account ends now. */
  async changes(ref: ServiceAccountRef) {
    const id = `operation-${ref.serviceAccount}-${this.clock.now()}`;
    await this.store.operations.insert(queuedAssociate(id, ref));
    await this.store.transaction((tx, { operations }) =>
      operations.finish([id], { state: 'succeeded', seq: 1 }, tx),
    );
  }

  /** What was called since the last time that it was asked, by operation. */
  took(operation: string): string[] {
    const calls = this.calls.splice(0);
    return calls.filter(call => call.startsWith(operation));
  }

  /** Of a sweep that verifies by the association alone: without one, or with the role `bad`, an identity is broken. */
  sweepOptions(): Omit<ClusterSweepOptions, 'narrowLists' | 'upSince'> {
    const { clock, config, engine, entities, logger, store } = this;
    const { clusters } = engine;
    const recorder = new StatusRecorder({
      store: retryingStore(store, clock),
      clock,
      ownershipOf: ref => ({
        portalId: config.portalId,
        ...ref,
        cluster: clusters.get(ref.cluster),
      }),
      proofMaxAgeMs: config.proof.maxAgeMs,
    });
    const verification = {
      verify: (request, _, known = {}) => this.#verify(request, known),
    } as Verification;
    return {
      additionalChecks: [],
      store,
      clusters,
      config,
      entities,
      verification,
      recorder,
      clock,
      logger,
      onDrift: async () => {},
      onLooked: () => {},
    };
  }

  async #verify(
    { ref }: VerifyRequest,
    known: FactProviders,
  ): Promise<VerificationReport> {
    const fact = await known.association!({
      ref,
      collect: async () => ({ known: false, lack: {} }),
    } as any);
    const association = (fact.known && fact.value) || undefined;
    this.judged.push([ref.serviceAccount, association?.roleArn]);
    await this.judging(known);
    const isBad = !association || association.roleArn === BAD;
    const status = isBad ? 'broken' : 'looks-right';
    const at = new Date(this.clock.now()).toISOString();
    return {
      id: `report-${this.judged.length}-${at}`,
      ref,
      trigger: 'schedule',
      status,
      way: status,
      proof: 'none',
      probe: 'none',
      fingerprint: String(association?.roleArn),
      startedAt: at,
      finishedAt: at,
      checks: [
        {
          id: 'association.exists',
          category: 'association',
          title: 'Association',
          status: isBad ? 'fail' : 'pass',
          message: 'Looked at.',
          docsUrl: 'docs',
          durationMs: 1,
          attempts: 1,
        },
      ],
      engineVersion: 'test',
    };
  }

  async #answer(command: object): Promise<object> {
    const { input } = command as { input: Record<string, string> };
    const name = command.constructor.name.replace(/Command$/, '');
    const call = [name, input.associationId ?? String(input.Filter ?? '')];
    this.calls.push(call.join(' ').trim());
    await this.during(this.calls.at(-1)!);
    if (name === 'ListPodIdentityAssociations') {
      const there = input.clusterName === 'prod' ? this.associations : [];
      return {
        associations: [...there.values()].map(({ ref, id, arn, ownerArn }) => ({
          associationId: id,
          associationArn: arn,
          namespace: ref.namespace,
          serviceAccount: ref.serviceAccount,
          ownerArn,
        })),
      };
    }
    if (name === 'DescribePodIdentityAssociation') {
      const found = this.associations.get(input.associationId);
      if (!found) throw failure('ResourceNotFoundException');
      const { ref: _, id, arn, createdAt, modifiedAt, ...rest } = found;
      return {
        association: {
          ...rest,
          associationId: id,
          associationArn: arn,
          modifiedAt: modifiedAt && new Date(modifiedAt),
        },
      };
    }
    if (name === 'GetAccountAuthorizationDetails' && this.roles) {
      return { RoleDetailList: this.roles };
    }
    throw failure('AccessDeniedException');
  }

  #entity(entityRef: string): Entity | undefined {
    const entity = this.catalog.get(entityRef);
    const [kind, namespace, name] = entityRef.split(/[:/]/);
    return (
      entity && {
        apiVersion: 'backstage.io/v1alpha1',
        kind,
        metadata: { namespace, name, uid: entity.uid },
        relations: entity.ownerRefs.map(targetRef => ({
          type: 'ownedBy',
          targetRef,
        })),
      }
    );
  }
}
