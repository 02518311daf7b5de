import { AdmissionPlugin } from '../api/admission';
import { resourceOf, storeKey } from '../model/resources';
import { forbidden } from '../model/status';
import { Store } from '../store/store';
import { podSecurityViolations, SecurityLevel } from './podSecurityStandards';

const LABEL = 'pod-security.kubernetes.io/';

const TEMPLATED = new Set([
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
]);

/** Applies the namespace's Pod Security level: `enforce` refuses pods, `warn` warns about pods and workloads. */
export function podSecurity(store: Store): AdmissionPlugin {
  const namespaces = storeKey(resourceOf('namespaces'));
  return {
    name: 'PodSecurity',
    validate({
      operation,
      def,
      namespace,
      name,
      object,
      subresource,
      context,
    }) {
      if (operation === 'DELETE' || !namespace || subresource) return;
      const isPod = def.kind === 'Pod';
      if (!isPod && !TEMPLATED.has(def.kind)) return;
      const labels =
        store.get(namespaces, undefined, namespace)?.metadata.labels ?? {};
      const spec = isPod ? object!.spec : object!.spec.template?.spec;
      const judge = (mode: string) => {
        const level = (labels[`${LABEL}${mode}`] ??
          'privileged') as SecurityLevel;
        const version = labels[`${LABEL}${mode}-version`] ?? 'latest';
        const found = podSecurityViolations(spec ?? {}, level);
        return found.length > 0
          ? `PodSecurity "${level}:${version}": ${found.join(', ')}`
          : undefined;
      };
      const refused = judge('enforce');
      if (refused && isPod && operation === 'CREATE') {
        throw forbidden(def, name, `violates ${refused}`);
      }
      const warned = judge('warn') ?? (isPod ? undefined : refused);
      if (warned) {
        context.warnings.push(`would violate ${warned}`);
      }
    },
  };
}
