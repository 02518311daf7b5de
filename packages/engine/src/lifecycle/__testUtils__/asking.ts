import type { CatalogEntity } from '../../identity/entityRecord';
import type { OperationContext } from '../../operationContext';

/** Owns what a run `owns`. */
const ASKER = 'group:default/askers';

/** Who asks for an operation; a service, unless anything of this is given. */
export interface Asking {
  /** Entities of the asking user, beside those of the catalog that `claims` own. */
  owns?: string[];
  /** Refs that the asking user owns by. Without `owns` and `claims`, a service asks. */
  claims?: string[];
  isAdministrator?: boolean;
  /** Refs in other namespaces that the asking user may change. */
  mayUpdate?: string[];
}

/** What the engine gets to know of who asks, and for which entity. */
export function askedBy(
  { owns, claims, isAdministrator = false, mayUpdate }: Asking,
  catalog: ReadonlyMap<string, CatalogEntity>,
  entityRef: string | undefined,
): Pick<OperationContext, 'claimant' | 'entity' | 'findEntity'> {
  const find = (named: string): CatalogEntity | undefined => {
    const ref = named.toLowerCase();
    return (
      catalog.get(ref) ??
      (owns?.includes(ref)
        ? { entityRef: ref, uid: `uid-${ref}`, ownerRefs: [ASKER] }
        : undefined)
    );
  };
  const isUser = owns || claims || isAdministrator;
  return {
    claimant: isUser
      ? {
          claims: new Set([ASKER, ...(claims ?? [])]),
          isAdministrator,
          mayUpdate: new Set(mayUpdate),
        }
      : undefined,
    entity: isUser && entityRef ? find(entityRef) : undefined,
    findEntity: async ref => find(ref),
  };
}
