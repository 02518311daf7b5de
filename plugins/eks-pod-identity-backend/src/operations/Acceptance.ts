import {
  BackstageCredentials,
  PermissionsService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import {
  Entity,
  RELATION_OWNED_BY,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { InputError, NotAllowedError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  AuthorizeResult,
  ResourcePermission,
} from '@backstage/plugin-permission-common';
import {
  agentInstallPermission,
  associationCreatePermission,
  associationDeletePermission,
  associationReadPermission,
  associationUpdatePermission,
  PlanRequest,
  ServiceAccountRef,
  StartOperation,
  stringifyServiceAccountRef,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig, Clusters } from 'eks-pod-identity-engine';
import {
  ClusterVisibility,
  pickCluster,
} from '../permissions/ClusterVisibility';
import { Initiator } from '../permissions/initiator';

/** A request that passed every check made with its initiator's credentials. */
export interface Accepted {
  ref: ServiceAccountRef;
  cluster: ClusterConfig;
  initiator: Initiator;
  /** Names of permissions. */
  granted: string[];
  entityRef?: string;
  /** ownedBy of that entity. */
  ownerRefs: string[];
  /** Undefined: not limited (a service). */
  ownedEntities?: string[];
}

/** A limit beside the permissions; throws what the initiator should read. */
export type AcceptanceGuard = (request: {
  request: StartOperation | PlanRequest;
  ref: ServiceAccountRef;
  cluster: ClusterConfig;
  entityRef?: string;
  initiator: Initiator;
}) => Promise<void> | void;

interface Wanted {
  permission: ResourcePermission;
  /** Said when it is missing; without it the permission is optional. */
  refusal?: string;
}

/** Entities of one user looked at when a role of another of their entities may be adopted. */
const OWNED_ENTITIES_LIMIT = 2000;

/**
 * Decides, with the initiator's own credentials, what an operation may do. This is the only moment they are at
 * hand: whatever carries the operation on later is bound by what was answered here.
 */
export class Acceptance {
  readonly #permissions: PermissionsService;
  readonly #catalog: CatalogService;
  readonly #userInfo: UserInfoService;
  readonly #clusters: Clusters;
  readonly #visibility: ClusterVisibility;
  readonly #guards: readonly AcceptanceGuard[];

  constructor(options: {
    permissions: PermissionsService;
    catalog: CatalogService;
    userInfo: UserInfoService;
    clusters: Clusters;
    visibility: ClusterVisibility;
    guards: readonly AcceptanceGuard[];
  }) {
    this.#permissions = options.permissions;
    this.#catalog = options.catalog;
    this.#userInfo = options.userInfo;
    this.#clusters = options.clusters;
    this.#visibility = options.visibility;
    this.#guards = options.guards;
  }

  /**
   * @throws NotAllowedError when a needed permission or the ownership of the entity is missing
   * @throws NotFoundError when the cluster is not configured; it names those that the initiator may see
   * @throws InputError when the input cannot be right
   */
  async accept(
    request: StartOperation | PlanRequest,
    initiator: Initiator,
    credentials: BackstageCredentials,
  ): Promise<Accepted> {
    const ref = {
      cluster: request.input.clusterName,
      namespace: request.input.namespace,
      serviceAccount: request.input.serviceAccount,
    };
    const granted = await this.#authorize(request, ref, credentials);
    const cluster = await this.#findCluster(ref.cluster, credentials);
    const entity = await this.#checkEntity(request, initiator, credentials);
    for (const guard of this.#guards) {
      await guard({
        request,
        ref,
        cluster,
        entityRef: entity.entityRef,
        initiator,
      });
    }
    return { ref, cluster, initiator, granted, ...entity };
  }

  /** Those refs whose identities these credentials may see. */
  async readable(
    refs: ServiceAccountRef[],
    credentials: BackstageCredentials,
  ): Promise<ServiceAccountRef[]> {
    if (refs.length === 0) return [];
    const answers = await this.#permissions.authorize(
      refs.map(ref => ({
        permission: associationReadPermission,
        resourceRef: stringifyServiceAccountRef(ref),
      })),
      { credentials },
    );
    return refs.filter(
      (_, index) => answers[index].result === AuthorizeResult.ALLOW,
    );
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
  ): Promise<string[]> {
    const resourceRef = stringifyServiceAccountRef(ref);
    const wanted = wantedPermissions(request, resourceRef);
    const answers = await this.#permissions.authorize(
      wanted.map(({ permission }) => ({ permission, resourceRef })),
      { credentials },
    );
    const granted: string[] = [];
    wanted.forEach(({ permission, refusal }, index) => {
      if (answers[index].result === AuthorizeResult.ALLOW) {
        granted.push(permission.name);
      } else if (refusal) {
        throw new NotAllowedError(
          `${refusal}: your portal's policy does not give you ${permission.name} on ${resourceRef}. Ask whoever looks after the portal or the cluster`,
        );
      }
    });
    return granted;
  }

  async #checkEntity(
    request: StartOperation | PlanRequest,
    initiator: Initiator,
    credentials: BackstageCredentials,
  ): Promise<Pick<Accepted, 'entityRef' | 'ownerRefs' | 'ownedEntities'>> {
    const wantedRef = request.input.entityRef;
    if (!wantedRef) {
      if (initiator.type === 'service') return { ownerRefs: [] };
      throw new InputError(
        'entityRef is missing: name the component this identity belongs to, such as component:default/payments-api; you must own it',
      );
    }
    const entity = await this.#catalog.getEntityByRef(wantedRef, {
      credentials,
    });
    if (!entity) {
      throw new InputError(
        `entityRef ${wantedRef} is not in the catalog, or you may not see it: choose a component that you own`,
      );
    }
    const entityRef = stringifyEntityRef(entity).toLocaleLowerCase('en-US');
    const ownerRefs = ownersOf(entity);
    if (initiator.type === 'service') return { entityRef, ownerRefs };

    const { ownershipEntityRefs } = await this.#userInfo.getUserInfo(
      credentials,
    );
    const mine = new Set(
      ownershipEntityRefs.map(owner => owner.toLocaleLowerCase('en-US')),
    );
    if (!ownerRefs.some(owner => mine.has(owner))) {
      throw new NotAllowedError(
        `${entityRef} belongs to ${
          ownerRefs.join(', ') || 'nobody'
        }, and you are none of them: ask its owner, or choose a component that you own`,
      );
    }
    return {
      entityRef,
      ownerRefs,
      ownedEntities: await this.#ownedEntities(
        request,
        entityRef,
        ownershipEntityRefs,
        credentials,
      ),
    };
  }

  /** An existing role may be adopted when its tag names any entity of the initiator, not just this one. */
  async #ownedEntities(
    request: StartOperation | PlanRequest,
    entityRef: string,
    ownershipEntityRefs: string[],
    credentials: BackstageCredentials,
  ): Promise<string[]> {
    if (request.kind !== 'associate' || !request.input.roleArn) {
      return [entityRef];
    }
    const { items } = await this.#catalog.getEntities(
      {
        filter: { [`relations.${RELATION_OWNED_BY}`]: ownershipEntityRefs },
        fields: ['kind', 'metadata.name', 'metadata.namespace'],
        limit: OWNED_ENTITIES_LIMIT,
      },
      { credentials },
    );
    const owned = items.map(item =>
      stringifyEntityRef(item).toLocaleLowerCase('en-US'),
    );
    return [...new Set([entityRef, ...owned])];
  }
}

function ownersOf(entity: Entity): string[] {
  return (entity.relations ?? [])
    .filter(relation => relation.type === RELATION_OWNED_BY)
    .map(relation => relation.targetRef.toLocaleLowerCase('en-US'));
}

function wantedPermissions(
  request: StartOperation | PlanRequest,
  ref: string,
): Wanted[] {
  switch (request.kind) {
    case 'associate':
      return [
        {
          permission: associationCreatePermission,
          refusal: `You may not give ${ref} an AWS identity`,
        },
        {
          permission: associationUpdatePermission,
          refusal: request.input.replaceRole
            ? `You may not replace the role of ${ref}`
            : undefined,
        },
        ...(request.input.installAgent === false
          ? []
          : [
              {
                permission: agentInstallPermission,
                refusal: request.input.installAgent
                  ? `You may not install the Pod Identity agent on ${request.input.clusterName}`
                  : undefined,
              },
            ]),
      ];
    case 'verify':
      return [
        {
          permission: verificationCreatePermission,
          refusal: `You may not verify ${ref}`,
        },
      ];
    case 'teardown':
      return [
        {
          permission: associationDeletePermission,
          refusal: `You may not take the AWS identity of ${ref} away`,
        },
        ...(request.input.removeAgent
          ? [
              {
                permission: agentInstallPermission,
                refusal: `You may not remove the Pod Identity agent from ${request.input.clusterName}`,
              },
            ]
          : []),
      ];
    default:
      throw new InputError(
        `Unknown kind of operation: ${(request as { kind: string }).kind}`,
      );
  }
}
