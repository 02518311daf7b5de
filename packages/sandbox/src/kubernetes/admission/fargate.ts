import { AdmissionPlugin } from '../api/admission';
import { matchesLabelSelector } from '../model/selectors';
import { FargateSelector } from '../options';

export const FARGATE_SCHEDULER = 'fargate-scheduler';

const PROFILE_LABEL = 'eks.amazonaws.com/fargate-profile';

/** Assigns pods that match a Fargate profile to Fargate's scheduler. They still get Pod Identity injected, as on EKS. */
export function fargateAdmission(
  selectors: readonly FargateSelector[],
): AdmissionPlugin {
  return {
    name: 'Fargate',
    admit({ operation, def, namespace, object, subresource }) {
      if (operation !== 'CREATE' || def.kind !== 'Pod' || subresource) {
        return;
      }
      const pod = object!;
      const selected = selectors.find(
        s =>
          s.namespace === namespace &&
          matchesLabelSelector({ matchLabels: s.labels }, pod.metadata.labels),
      );
      if (selected && pod.spec.schedulerName === 'default-scheduler') {
        pod.spec.schedulerName = FARGATE_SCHEDULER;
        pod.metadata.labels = {
          ...pod.metadata.labels,
          [PROFILE_LABEL]: selected.profile ?? 'default',
        };
      }
    },
  };
}
