import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { Association, FactProviders } from 'eks-pod-identity-engine';
import type { Connection } from '../connect/withEngine';
import { libraries } from '../libraries';

/** All associations of a cluster, and what is read once for all of them. */
export interface Associations {
  refs: ServiceAccountRef[];
  known: FactProviders;
}

const nameOf = (ref: ServiceAccountRef) =>
  `${ref.namespace}/${ref.serviceAccount}`;

/** Which associations of a cluster. */
export interface Wanted {
  namespace?: string;
  /** Of the service accounts, as kubectl takes it. */
  selector?: string;
  /** Entity ref of an owner, or the name of a group alone. */
  owner?: string;
}

/** The tag has the owners of the component when a portal made the association, one after the other. */
function isOwnedBy(owner: string, { tags }: Association): boolean {
  const { foldEntityRef, MARK_TAGS } = libraries.common;
  const named = owner.includes('/') ? owner : `default/${owner}`;
  const ref = foldEntityRef(named.includes(':') ? named : `group:${named}`);
  const owners = tags[MARK_TAGS.ownerRef] ?? '';
  return owners.split(' ').map(foldEntityRef).includes(ref);
}

/** The associations of a cluster that are wanted, in the order of their names. */
export async function associationsOf(
  { engine: { clusters }, cluster, context }: Connection,
  { namespace, selector: labelSelector, owner }: Wanted,
  signal: AbortSignal,
): Promise<Associations> {
  const { common, engine } = libraries;
  const session = clusters.session(cluster.id, 'read');
  const labelled = labelSelector
    ? await engine.accountsWithLabels(
        session,
        { namespace, labelSelector },
        signal,
      )
    : undefined;
  const all = await engine.listAssociations(session, { namespace }, signal);
  const found = all.filter(
    one => labelled?.has(`${one.namespace}/${one.serviceAccount}`) ?? true,
  );
  const described = await engine.describeListed(session, found, signal);
  const listed = found.filter(one => {
    const made = described.get(`${one.namespace}/${one.serviceAccount}`);
    return !owner || (made && isOwnedBy(owner, made));
  });
  const refs = listed
    .map(one => ({
      cluster: cluster.id,
      namespace: one.namespace ?? '',
      serviceAccount: one.serviceAccount ?? '',
    }))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const associations = new Map(
    refs.flatMap(ref => {
      const one = described.get(nameOf(ref));
      return one
        ? [[common.stringifyServiceAccountRef(ref), one] as const]
        : [];
    }),
  );
  return {
    refs,
    known: engine.presetFacts({
      associations,
      listed: new Set(refs.map(common.stringifyServiceAccountRef)),
      roles: undefined,
      lists: new engine.SweepLists(
        refs,
        new engine.NarrowLists(context().clock),
      ),
    }).known,
  };
}
