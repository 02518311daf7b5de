import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { useEntity } from '@backstage/plugin-catalog-react';
import { Link } from '@backstage/ui';
import { useEntityIdentities } from '../../hooks/useEntityIdentities';
import { TAB_PATH, useEntityHrefs } from '../../hooks/useLinks';
import { shown } from '../headline';
import { WorstBadge } from '../StatusBadge';

/**
 * The status of the entity whose page it is on, in an icon and a few words, with a link to its tab: that of its worst
 * identity and, of several, where it is and how the others are. Renders nothing where the entity has no identity that the user may see.
 *
 * @public
 */
export function EntityIdentityStatus() {
  const entityRef = stringifyEntityRef(useEntity().entity);
  const { kind, namespace, name } = parseEntityRef(entityRef);
  const { data } = useEntityIdentities({ kind, namespace, name });
  const page = useEntityHrefs()(entityRef);
  const { identities = [], hidden } = data ?? {};
  if (identities.length === 0) return null;
  const badge = (
    <WorstBadge identities={identities.map(shown)} hidden={hidden} />
  );
  return page ? <Link href={`${page}/${TAB_PATH}`}>{badge}</Link> : badge;
}
