import { POD_IDENTITY_ANNOTATION } from './annotation';

/** A component with one of these annotations shows its AWS identity, beside those of the type `service`. @public */
export const IDENTITY_TAB_ANNOTATIONS: readonly string[] = [
  POD_IDENTITY_ANNOTATION,
  'backstage.io/kubernetes-id',
  'backstage.io/kubernetes-namespace',
  'backstage.io/kubernetes-label-selector',
];

/** The `spec.type` of a `Resource` that stands for an identity. @public */
export const IDENTITY_ENTITY_TYPE = 'aws-identity';

/**
 * The catalog's namespace of what stands for identities and their roles. It keeps their names apart from those of other
 * entities, but reserves none: the catalog lets any location register an entity there.
 *
 * @public
 */
export const IDENTITY_ENTITY_NAMESPACE = 'aws-identities';

/** As much of an entity as says what it is. @public */
export interface EntityLike {
  kind: string;
  metadata: { annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
}

/**
 * Whether an entity stands for the identity that its annotation names. Such an entity shows the identity and claims
 * nothing: it runs under no service account.
 *
 * @public
 */
export function isIdentityEntity({
  kind,
  spec,
}: Pick<EntityLike, 'kind' | 'spec'>): boolean {
  return isOfKind('resource', kind) && spec?.type === IDENTITY_ENTITY_TYPE;
}

/**
 * Whether the page of an entity has the card and the tab, where the app leaves their filter as it is.
 *
 * @public
 */
export function hasIdentityTab(entity: EntityLike): boolean {
  const { kind, metadata, spec } = entity;
  if (isIdentityEntity(entity)) return true;
  return (
    isOfKind('component', kind) &&
    (spec?.type === 'service' ||
      IDENTITY_TAB_ANNOTATIONS.some(
        name => metadata.annotations?.[name] !== undefined,
      ))
  );
}

function isOfKind(wanted: string, kind: string): boolean {
  return kind.toLocaleLowerCase('en-US') === wanted;
}
