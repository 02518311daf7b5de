import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { useEntity } from '@backstage/plugin-catalog-react';
import { Link } from '@backstage/ui';
import { useEntityIdentities } from '../../hooks/useEntityIdentities';
import { TAB_PATH, useEntityHrefs } from '../../hooks/useLinks';
import { shownStatus } from '../headline';
import { StatusBadge } from '../StatusBadge';

/**
 * The status of the entity whose page it is on, in an icon and a few words, with a link to its tab: that of its worst
 * identity. Renders nothing where the entity has no identity that the user may see.
 *
 * @public
 */
export function EntityIdentityStatus() {
  const entityRef = stringifyEntityRef(useEntity().entity);
  const { kind, namespace, name } = parseEntityRef(entityRef);
  const { data } = useEntityIdentities({ kind, namespace, name });
  const page = useEntityHrefs()(entityRef);
  const [worst] = data?.identities ?? [];
  if (!worst) return null;
  const badge = <StatusBadge status={shownStatus(worst)} notes={worst.notes} />;
  return page ? <Link href={`${page}/${TAB_PATH}`}>{badge}</Link> : badge;
}
