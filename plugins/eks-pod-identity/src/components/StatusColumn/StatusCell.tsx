import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import { useApi } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import type { IdentityStatus } from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { TAB_PATH, useEntityHrefs } from '../../hooks/useLinks';
import { StatusBadge } from '../StatusBadge';
import { statusesOf } from './statuses';

/** The status of one entity of a table; nothing where it has no identity that the user may see. */
export function StatusCell({ entity }: { entity: Entity }) {
  const api = useApi(podIdentityApiRef);
  const entityRef = stringifyEntityRef(entity);
  const page = useEntityHrefs()(entityRef);
  const [status, setStatus] = useState<IdentityStatus>();
  useEffect(() => {
    let isShown = true;
    statusesOf(api, Date.now()).then(
      worst => isShown && setStatus(worst.get(entityRef)?.status),
      // A table without it still is the catalog
      () => isShown && setStatus(undefined),
    );
    return () => {
      isShown = false;
    };
  }, [api, entityRef]);
  if (!status) return null;
  const badge = <StatusBadge status={status} />;
  return page ? <Link href={`${page}/${TAB_PATH}`}>{badge}</Link> : badge;
}
