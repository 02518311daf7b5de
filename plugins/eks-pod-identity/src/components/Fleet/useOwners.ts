import { parseEntityRef } from '@backstage/catalog-model';
import { useApiHolder } from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { useEffect, useState } from 'react';

const OWNED_BY = 'relations.ownedBy';

const nameOf = (ref: string) => {
  try {
    return parseEntityRef(ref).name;
  } catch {
    return ref;
  }
};

/** Owners to choose from: all that the catalog shows, with the titles that are known already. */
export function useOwners(
  known: { entityRef: string; title: string }[] = [],
  chosen: string | undefined,
) {
  const catalog = useApiHolder().get(catalogApiRef);
  const [refs, setRefs] = useState<string[]>([]);
  useEffect(() => {
    let isCurrent = true;
    catalog?.getEntityFacets({ facets: [OWNED_BY] }).then(
      ({ facets }) => {
        if (isCurrent) setRefs(facets[OWNED_BY].map(({ value }) => value));
      },
      // Those on the page can still be chosen
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [catalog]);
  const owners = new Map(refs.map(ref => [ref, nameOf(ref)]));
  // A link may name an owner that has nothing
  if (chosen) owners.set(chosen, nameOf(chosen));
  for (const { entityRef, title } of known) owners.set(entityRef, title);
  return [...owners]
    .map(([value, label]) => ({ value, label }))
    .sort((a, b) => a.label.localeCompare(b.label));
}
