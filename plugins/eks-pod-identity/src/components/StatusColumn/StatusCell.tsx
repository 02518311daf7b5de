import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import { useApi } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import type { AssociationRow } from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { TAB_PATH, useEntityHrefs } from '../../hooks/useLinks';
import { TwoLines } from '../Sentence';
import { WorstBadge } from '../StatusBadge';
import { rowsByEntity } from './rowsByEntity';

/** How the identities of one entity of a table are; nothing where it has none that the user may see. */
export function StatusCell({ entity }: { entity: Entity }) {
  const api = useApi(podIdentityApiRef);
  const entityRef = stringifyEntityRef(entity);
  const page = useEntityHrefs()(entityRef);
  const [rows, setRows] = useState<AssociationRow[]>();
  useEffect(() => {
    let isShown = true;
    rowsByEntity(api, Date.now()).then(
      found => isShown && setRows(found.get(entityRef)),
      // A table without it still is the catalog
      () => isShown && setRows(undefined),
    );
    return () => {
      isShown = false;
    };
  }, [api, entityRef]);
  if (!rows) return null;
  const [worst] = rows;
  const badge = <WorstBadge identities={rows} />;
  return (
    <>
      {page ? <Link href={`${page}/${TAB_PATH}`}>{badge}</Link> : badge}
      {worst.status !== 'verified' && <TwoLines>{worst.sentence}</TwoLines>}
    </>
  );
}
