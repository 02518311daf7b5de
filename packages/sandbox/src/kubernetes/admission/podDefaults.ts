import { AdmissionPlugin } from '../api/admission';
import { storeKey, resourceOf } from '../api/resources';
import { forbidden } from '../api/status';
import { Store } from '../store/store';

const GRACE_SECONDS = 300;

/** Priority and the two tolerations that every pod gets. */
export function podDefaults(store: Store): AdmissionPlugin {
  const classes = storeKey(resourceOf('priorityclasses'));
  return {
    name: 'Priority',
    admit({ operation, def, name, object, subresource }) {
      if (operation !== 'CREATE' || def.kind !== 'Pod' || subresource) {
        return;
      }
      const { spec } = object!;
      const className = spec.priorityClassName;
      const found = className && store.get(classes, undefined, className);
      if (className && !found) {
        throw forbidden(
          def,
          name,
          `no PriorityClass with name ${className} was found`,
        );
      }
      spec.priority ??= found?.value ?? 0;
      spec.preemptionPolicy ??=
        found?.preemptionPolicy ?? 'PreemptLowerPriority';
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
