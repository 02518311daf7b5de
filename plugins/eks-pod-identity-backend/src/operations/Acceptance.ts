import {
  BackstageCredentials,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  associationUpdatePermission,
  isIdentityEntity,
  parsePodIdentityAnnotation,
  PlanRequest,
  POD_IDENTITY_ANNOTATION,
  ServiceAccountRef,
  StartOperation,
  stringifyServiceAccountRef,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type {
  ClusterConfig,
  Clusters,
  EngineConfig,
} from 'eks-pod-identity-engine';
import {
  type CatalogEntity,
  checkRequest,
  withPolicyTests,
} from 'eks-pod-identity-engine/portal';
import { type Authorizer, missing } from '../permissions/Authorizer';
import {
  ClusterVisibility,
  pickCluster,
} from '../permissions/ClusterVisibility';
import { readClaimant, toClaimant } from '../permissions/claimant';
import {
  type Caller,
  checkTask,
  type Initiator,
  triggerOf,
} from '../permissions/caller';
import {
  type AskedOperation,
  type Holder,
  type OperationRecord,
  sameHolder,
} from '../store';
import type { ChangeStore } from '../store/ChangeStore';
import type { EntityRefStore } from '../store/EntityRefStore';
import type { OwnerStore } from '../store/OwnerStore';
import type { StoredClaimant } from '../store/operationRecord';
import { toCatalogEntity, readEntity } from '../permissions/EntityDirectory';
import { withLastSettings } from './lastRequest';
import { wantedPermissions } from './wantedPermissions';

/** A request that passed every check made with its initiator's credentials. */
export interface Accepted<
  Request extends StartOperation | PlanRequest = StartOperation | PlanRequest,
> {
  /** Whole: with the settings that it keeps. */
  request: Request;
  ref: ServiceAccountRef;
  cluster: ClusterConfig;
  initiator: Initiator;
  trigger: OperationRecord['trigger'];
  /** Names of permissions. */
  granted: string[];
  entity?: CatalogEntity;
  /** Undefined for a service. */
  claimant?: StoredClaimant;
  /** For whom the operation is recorded. */
  holder?: Holder;
}

/** A guardrail of a module; throws what the initiator should read. */
export type AcceptanceGuard = (request: {
  request: StartOperation | PlanRequest;
  ref: ServiceAccountRef;
  cluster: ClusterConfig;
  entityRef?: string;
  initiator: Initiator;
}) => Promise<void> | void;

/**
 * Decides, with the initiator's own credentials, what an operation may do. This is the only moment they are at
 * hand: whatever carries the operation on later is bound by what was answered here.
 */
export class Acceptance {
  readonly #authorizer: Authorizer;
  readonly #catalog: CatalogService;
  readonly #userInfo: UserInfoService;
  readonly #clusters: Clusters;
  readonly #visibility: ClusterVisibility;
  readonly #config: EngineConfig;
  readonly #entityRefs: Pick<EntityRefStore, 'ofEntity'>;
  readonly #owners: Pick<OwnerStore, 'find'>;
  readonly #changes: Pick<ChangeStore, 'lastAssociate'>;
  readonly #guard: AcceptanceGuard;

  constructor(options: {
    authorizer: Authorizer;
    catalog: CatalogService;
    userInfo: UserInfoService;
    clusters: Clusters;
    visibility: ClusterVisibility;
    config: EngineConfig;
    entityRefs: Pick<EntityRefStore, 'ofEntity'>;
    owners: Pick<OwnerStore, 'find'>;
    changes: Pick<ChangeStore, 'lastAssociate'>;
    guard: AcceptanceGuard;
  }) {
    this.#authorizer = options.authorizer;
    this.#catalog = options.catalog;
    this.#userInfo = options.userInfo;
    this.#clusters = options.clusters;
    this.#visibility = options.visibility;
    this.#config = options.config;
    this.#entityRefs = options.entityRefs;
    this.#owners = options.owners;
    this.#changes = options.changes;
    this.#guard = options.guard;
  }

  /**
   * @throws NotAllowedError when a needed permission or the ownership of the entity is missing
   * @throws NotFoundError when the cluster is not configured; it names those that the initiator may see
   * @throws InputError when the input cannot be right
   */
  async accept<Request extends StartOperation | PlanRequest>(
    asked: Request,
    initiator: Initiator,
    credentials: Caller,
  ): Promise<Accepted<Request>> {
    if ('taskId' in asked) checkTask(credentials, asked.taskId);
    const ref = {
      cluster: asked.input.clusterName,
      namespace: asked.input.namespace,
      serviceAccount: asked.input.serviceAccount,
    };
    const { granted, decided } = await this.#authorize(asked, ref, credentials);
    const cluster = await this.#findCluster(ref.cluster, credentials);
    const claimant =
      initiator.type === 'user'
        ? await readClaimant(credentials, this.#userInfo, this.#config)
        : undefined;
    const found = await this.#readEntity(asked, claimant, credentials);
    const entity = found && toCatalogEntity(found);
    const request = await this.#completed(asked, ref, entity, cluster);
    checkRequest(request, {
      cluster,
      config: this.#config,
      granted: new Set(granted),
      claimant: claimant && toClaimant(claimant),
      entity,
    });
    await this.#guard({
      request,
      ref,
      cluster,
      entityRef: entity?.entityRef,
      initiator,
    });
    if (claimant && entity && sharesRole(request)) {
      claimant.mayUpdate = await this.#mayUpdate(ref, entity, credentials);
    }
    if (claimant && (request.kind === 'verify' || request.kind === 'migrate')) {
      claimant.claimsIt = found !== undefined && claims(found, ref);
      claimant.decided = decided;
    }
    const holder = await this.#holder(request, ref, entity);
    const trigger = triggerOf(credentials);
    return {
      request,
      ref,
      cluster,
      initiator,
      trigger,
      granted,
      entity,
      claimant,
      holder,
    };
  }

  /**
   * Asks the guardrails of modules about what was accepted before and begins only now.
   *
   * @throws what they throw; NotFoundError where the cluster is not configured any more
   */
  async guard(asked: AskedOperation): Promise<void> {
    const { entityRef, initiator, initiatorType, input, kind, ref } = asked;
    await this.#guard({
      request: { kind, input } as StartOperation,
      ref,
      cluster: this.#clusters.get(ref.cluster),
      entityRef,
      initiator: { type: initiatorType, name: initiator },
    });
  }

  /** With what it names and the portal knows: the tests of policies, the settings of the last run. */
  async #completed<Request extends StartOperation | PlanRequest>(
    request: Request,
    ref: ServiceAccountRef,
    entity: CatalogEntity | undefined,
    cluster: ClusterConfig,
  ): Promise<Request> {
    if (request.kind === 'verify') {
      return { ...request, input: withPolicyTests(request.input, cluster) };
    }
    if (request.kind !== 'associate' || !request.input.keepSettings) {
      return request;
    }
    // Only for the entity that they were set for: they name its policies and roles
    const last = await this.#changes.lastAssociate(ref);
    if (!last || !sameHolder(last.holder, entity)) {
      throw new InputError(
        `keepSettings: there is no earlier run for this component that gave ${stringifyServiceAccountRef(
          ref,
        )} settings to keep. Leave it out, and name the settings`,
      );
    }
    const input = withLastSettings(request.input, last.input);
    return { ...request, input };
  }

  async #findCluster(
    id: string,
    credentials: BackstageCredentials,
  ): Promise<ClusterConfig> {
    const known = this.#clusters.list().find(cluster => cluster.id === id);
    return known ?? pickCluster(id, await this.#visibility.of(credentials));
  }

  /** Everything that may be needed, asked in one call. */
  async #authorize(
    request: StartOperation | PlanRequest,
    ref: ServiceAccountRef,
    credentials: BackstageCredentials,
  ): Promise<{
    granted: string[];
    /** A condition of the policy allows them to verify it. */
    decided: boolean;
  }> {
    const written = stringifyServiceAccountRef(ref);
    const wanted = wantedPermissions(request, written);
    const answers = await this.#authorizer.answers(
      wanted.map(({ permission }) => ({ permission, ref })),
      credentials,
    );
    const granted: string[] = [];
    wanted.forEach(({ permission, refusal }, index) => {
      if (answers[index].allowed) {
        granted.push(permission.name);
      } else if (refusal) {
        throw missing(
          refusal,
          permission,
          ` on ${written}. Ask the owners of the portal or of the cluster`,
        );
      }
    });
    const verifies = wanted.findIndex(
      ({ permission }) => permission.name === verificationCreatePermission.name,
    );
    return { granted, decided: answers[verifies]?.decided ?? false };
  }

  /** Identities of the same entity in other namespaces that the initiator may change, and so share the role of. */
  async #mayUpdate(
    { namespace }: ServiceAccountRef,
    { entityRef }: CatalogEntity,
    credentials: BackstageCredentials,
  ): Promise<string[]> {
    const links = await this.#entityRefs.ofEntity(entityRef);
    const refs = links
      .filter(({ ref, source }) => {
        return source === 'aws-tag' && ref.namespace !== namespace;
      })
      .map(({ ref }) => ref);
    const allowed = await this.#authorizer.allowed(
      refs.map(ref => ({ permission: associationUpdatePermission, ref })),
      credentials,
    );
    return refs
      .filter((_, index) => allowed[index])
      .map(stringifyServiceAccountRef);
  }

  /** Whose identity it is, or is about to be. */
  async #holder(
    { kind }: StartOperation | PlanRequest,
    ref: ServiceAccountRef,
    entity: CatalogEntity | undefined,
  ): Promise<Holder | undefined> {
    const makes = kind === 'associate' || kind === 'migrate';
    return makes && entity ? entity : this.#owners.find(ref);
  }

  /** The entity of the request; the guardrails judge it. */
  async #readEntity(
    request: StartOperation | PlanRequest,
    claimant: StoredClaimant | undefined,
    credentials: BackstageCredentials,
  ): Promise<Entity | undefined> {
    const wantedRef = request.input.entityRef;
    if (!wantedRef) return undefined;
    const entity = await readEntity(this.#catalog, wantedRef, credentials);
    if (!entity) {
      throw new InputError(
        `entityRef ${wantedRef} is not in the catalog, or you are not allowed to see it: ${
          claimant?.isAdministrator && request.kind !== 'associate'
            ? 'leave it out'
            : 'choose a component that you own'
        }`,
      );
    }
    if (isIdentityEntity(entity)) {
      throw new InputError(
        `entityRef ${wantedRef} stands for an AWS identity and runs under none: choose the component that uses it`,
      );
    }
    return entity;
  }
}

/** Whether its annotation names the service account, as anybody can write there. */
function claims({ metadata }: Entity, ref: ServiceAccountRef): boolean {
  const text = metadata.annotations?.[POD_IDENTITY_ANNOTATION];
  return parsePodIdentityAnnotation(text).refs.some(
    one => stringifyServiceAccountRef(one) === stringifyServiceAccountRef(ref),
  );
}

/** An associate that names an existing role may share it, and a move goes on with the one that there is. */
function sharesRole(request: StartOperation | PlanRequest): boolean {
  return (
    request.kind === 'migrate' ||
    (request.kind === 'associate' && Boolean(request.input.roleArn))
  );
}
