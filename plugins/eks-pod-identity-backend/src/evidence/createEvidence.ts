import type {
  LoggerService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { PodIdentityEvidenceSource } from 'backstage-plugin-eks-pod-identity-common';
import {
  type Clock,
  cloudTrailSource,
  type Clusters,
} from 'eks-pod-identity-engine';
import type { ReadEvidence } from 'eks-pod-identity-engine/portal';
import type { Store } from '../store';
import { EvidenceReader } from './EvidenceReader';
import { evidenceTasks } from './EvidenceSweep';
import { sharedSearch } from './sharedSearch';

/**
 * What reads the use of identities; undefined where neither app-config nor a module brings a source. The engine asks it,
 * and it asks the engine's clusters, so that these come later.
 */
export function createEvidence(options: {
  clock: Clock;
  isOn: boolean;
  logger: LoggerService;
  source?: PodIdentityEvidenceSource;
  store: Store;
}) {
  const { clock, isOn, logger, store } = options;
  if (!isOn && !options.source) return undefined;
  let connected: Clusters | undefined;
  const clusters = () => {
    if (!connected) throw new Error('No evidence is read before the start');
    return connected;
  };
  let own: PodIdentityEvidenceSource | undefined;
  const source = () => {
    own ??= options.source ?? cloudTrailSource(clusters());
    return own;
  };
  const reader = new EvidenceReader({ clock, clusters, logger, source, store });
  const ofVerification: ReadEvidence = request =>
    reader.forVerification(request);
  return {
    reader,
    /** The engine's clusters, before anything is asked. */
    connect(of: Clusters) {
      connected = of;
    },
    ofVerification,
    /** For runs that found an identity changed. */
    source,
    /** For looks at all clusters, once they are connected. What a module's source answers by is not known here. */
    ofLooks: () => options.source ?? sharedSearch(source(), clock),
    tasks: (scheduler: SchedulerService) =>
      evidenceTasks({
        clock,
        clusters: clusters(),
        logger,
        reader,
        scheduler,
        source: source(),
        store,
      }),
  };
}

export type Evidence = NonNullable<ReturnType<typeof createEvidence>>;
