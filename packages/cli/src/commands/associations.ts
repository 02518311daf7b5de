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

/** Descriptions that are under way at a time; the pace of the calls is the engine's. */
const AT_ONCE = 8;

/** The associations of a cluster, or of one of its namespaces, in the order of their names. */
export async function associationsOf(
  { engine: { clusters }, cluster, context }: Connection,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<Associations> {
  const { common, engine } = libraries;
  const session = clusters.session(cluster.id, 'read');
  const listed = (await engine.listAssociations(session, { namespace }, signal))
    .map(one => ({
      id: one.associationId ?? '',
      ref: {
        cluster: cluster.id,
        namespace: one.namespace ?? '',
        serviceAccount: one.serviceAccount ?? '',
      },
    }))
    .sort((a, b) => (nameOf(a.ref) < nameOf(b.ref) ? -1 : 1));
  const associations = new Map<string, Association>();
  const waiting = [...listed];
  const worker = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const found = await engine.describeAssociation(session, one.id, signal);
      if (found) {
        associations.set(common.stringifyServiceAccountRef(one.ref), found);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const refs = listed.map(({ ref }) => ref);
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
