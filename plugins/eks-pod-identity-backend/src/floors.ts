import {
  createLifecycle,
  createVerification,
  requestKey,
  sweepLeftovers,
} from 'eks-pod-identity-engine';
import type { FloorsContext, Floors } from './createPlugin';
import { patiently } from './operations/patience';

/** The real floors: AWS and Kubernetes, within the limits of app-config and what modules added. */
export function createFloors(context: FloorsContext): Floors {
  const { config, clusters, clock, logger, store, extensions } = context;
  const verification = createVerification({
    additionalChecks: extensions.checks,
    docsBaseUrl: config.docsUrl,
    findRecentReport: (request, since) =>
      patiently(clock, () =>
        store.reports.lastVerified(
          request.ref,
          requestKey(request),
          since.getTime(),
        ),
      ),
    findRecentProof: (ref, since) =>
      patiently(clock, () =>
        store.reports.lastVerified(ref, undefined, since.getTime()),
      ),
  });
  return {
    verification,
    lifecycle: createLifecycle({
      verification,
      roleNaming: extensions.roleNaming,
    }),
    sweepProbes: async (cluster, signal) => {
      const { deleted, problems } = await sweepLeftovers({
        session: clusters.session(cluster.id, 'verify'),
        portalId: config.portalId,
        clock,
        signal,
        namespaces: [
          ...new Set(
            (
              await store.associations.ofCluster(cluster.id)
            ).map(association => association.ref.namespace),
          ),
        ],
      });
      for (const problem of problems) logger.warn(problem);
      return deleted.length;
    },
  };
}
