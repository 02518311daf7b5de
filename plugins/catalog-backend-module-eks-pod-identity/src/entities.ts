import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
  type Entity,
  type ResourceEntity,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import {
  type AssociationRow,
  foldEntityRef,
  IDENTITY_ENTITY_NAMESPACE,
  IDENTITY_ENTITY_TYPE,
  POD_IDENTITY_ANNOTATION,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { hashOf, nameOfIdentity, nameOfRole, shortNameOf } from './names';

/** Where all entities of the provider come from. */
export const LOCATION = 'eks-pod-identity:portal';

/** A hash of all that the provider says of the entity, by which a later run knows that it is the same. */
export const DIGEST_ANNOTATION = 'aws.amazon.com/eks-pod-identity-digest';

/** The `spec.type` of an IAM role. */
const ROLE_TYPE = 'aws-iam-role';

/** What app-config says of the entities. */
export interface EntityOptions {
  /** Entity ref of who owns what AWS links to no component. */
  owner: string;
  showRoleNames: boolean;
}

/** Entity refs of those whose annotation names a service account, by written ref. */
export type Claims = ReadonlyMap<string, readonly string[]>;

/**
 * An entity for each identity, and for each role if its name may be seen. Everybody may read the catalog, so they hold no
 * ARN, no account and no verdict.
 */
export function entitiesOf(
  rows: readonly AssociationRow[],
  claims: Claims,
  options: EntityOptions,
): ResourceEntity[] {
  const entities = new Map<string, ResourceEntity>();
  const add = (entity: ResourceEntity) =>
    entities.set(foldEntityRef(stringifyEntityRef(entity)), entity);
  for (const row of rows) {
    const roles = options.showRoleNames ? rolesOf(row) : [];
    roles.forEach(arn => add(roleEntity(arn, options)));
    add(identityEntity(row, roles, claims, options));
  }
  return [...entities.values()];
}

function rolesOf({ roleArn, targetRoleArn }: AssociationRow): string[] {
  return [roleArn, targetRoleArn].filter(arn => arn !== undefined);
}

function identityEntity(
  row: AssociationRow,
  roles: string[],
  claims: Claims,
  options: EntityOptions,
): ResourceEntity {
  const { ref, entityRef, claimed, ownedBy } = row;
  const written = stringifyServiceAccountRef(ref);
  const users = new Set(
    [...(entityRef ? [entityRef] : []), ...(claims.get(written) ?? [])].map(
      foldEntityRef,
    ),
  );
  // Every owner of a catalog file can write an annotation: it makes a relation, but no owner
  const owner = claimed ? undefined : ownedBy?.[0]?.entityRef;
  return resource(
    {
      name: nameOfIdentity(ref),
      title: `${ref.namespace}/${ref.serviceAccount} on ${ref.cluster}`,
      description: `AWS identity of the service account ${ref.serviceAccount} in the namespace ${ref.namespace} of the EKS cluster ${ref.cluster}`,
      annotations: { [POD_IDENTITY_ANNOTATION]: written },
    },
    {
      type: IDENTITY_ENTITY_TYPE,
      owner: owner ?? options.owner,
      ...(users.size > 0 && { dependencyOf: [...users].sort() }),
      ...(roles.length > 0 && {
        dependsOn: roles.map(arn =>
          foldEntityRef(stringifyEntityRef(roleEntity(arn, options))),
        ),
      }),
    },
  );
}

function roleEntity(arn: string, { owner }: EntityOptions): ResourceEntity {
  const title = shortNameOf(arn);
  return resource(
    { name: nameOfRole(arn), title, description: `IAM role ${title}` },
    { type: ROLE_TYPE, owner },
  );
}

function resource(
  metadata: Entity['metadata'],
  spec: ResourceEntity['spec'],
): ResourceEntity {
  const digest = hashOf(JSON.stringify([metadata, spec]), 16);
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Resource',
    metadata: {
      ...metadata,
      namespace: IDENTITY_ENTITY_NAMESPACE,
      annotations: {
        ...metadata.annotations,
        [DIGEST_ANNOTATION]: digest,
        [ANNOTATION_LOCATION]: LOCATION,
        [ANNOTATION_ORIGIN_LOCATION]: LOCATION,
      },
    },
    spec,
  };
}
