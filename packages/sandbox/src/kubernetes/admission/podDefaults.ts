import { AdmissionPlugin } from '../api/admission';
import { forbidden } from '../model/status';

const GRACE_SECONDS = 300;

/** The two priority classes that every cluster has; the kind itself is not served. */
const PRIORITIES: Record<string, number> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** Sets the priority and the two tolerations that every pod gets. */
export function podDefaults(): AdmissionPlugin {
  return {
    name: 'Priority',
    admit({ operation, def, name, object, subresource }) {
      if (operation !== 'CREATE' || def.kind !== 'Pod' || subresource) {
        return;
      }
      const { spec } = object!;
      const className = spec.priorityClassName;
      if (className && !Object.hasOwn(PRIORITIES, className)) {
        throw forbidden(
          def,
          name,
          `no PriorityClass with name ${className} was found`,
        );
      }
      if (spec.runtimeClassName) {
        // The sandbox serves no RuntimeClass, so there is none.
        throw forbidden(
          def,
          name,
          `pod rejected: RuntimeClass ${JSON.stringify(
            spec.runtimeClassName,
          )} not found`,
        );
      }
      const priority = className ? PRIORITIES[className] : 0;
      if (spec.priority !== undefined && spec.priority !== priority) {
        throw forbidden(
          def,
          name,
          `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
        );
      }
      spec.priority = priority;
      spec.preemptionPolicy ??= 'PreemptLowerPriority';
      for (const key of ['not-ready', 'unreachable']) {
        addToleration(spec, `node.kubernetes.io/${key}`);
      }
    },
  };
}

function addToleration(spec: any, key: string) {
  const tolerations = (spec.tolerations ??= []);
  const present = tolerations.some(
    (t: any) =>
      (t.key === key || (!t.key && t.operator === 'Exists')) &&
      (!t.effect || t.effect === 'NoExecute'),
  );
  if (!present) {
    tolerations.push({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: GRACE_SECONDS,
    });
  }
}
