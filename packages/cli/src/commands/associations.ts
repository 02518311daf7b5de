import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { FactProviders } from 'eks-pod-identity-engine';
import type { Connection } from '../connect/withEngine';
import { libraries } from '../libraries';

/** All associations of a cluster, and what is read once for all of them. */
export interface Associations {
  refs: ServiceAccountRef[];
  known: FactProviders;
}

const nameOf = (ref: ServiceAccountRef) =>
  `${ref.namespace}/${ref.serviceAccount}`;

/** The associations of a cluster, or of one of its namespaces, in the order of their names. */
export async function associationsOf(
  { engine: { clusters }, cluster, context }: Connection,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<Associations> {
  const { common, engine } = libraries;
  const session = clusters.session(cluster.id, 'read');
  const listed = await engine.listAssociations(session, { namespace }, signal);
  const described = await engine.describeListed(session, listed, signal);
  const refs = listed
    .map(one => ({
      cluster: cluster.id,
      namespace: one.namespace ?? '',
      serviceAccount: one.serviceAccount ?? '',
    }))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const associations = new Map(
    refs.flatMap(ref => {
      const found = described.get(nameOf(ref));
      return found
        ? [[common.stringifyServiceAccountRef(ref), found] as const]
        : [];
    }),
  );
  return {
    refs,
    known: engine.presetFacts({
      associations,
      listed: new Set(refs.map(common.stringifyServiceAccountRef)),
      roles: undefined,
      refs,
      narrowLists: new engine.NarrowLists(context().clock),
    }).known,
  };
}
