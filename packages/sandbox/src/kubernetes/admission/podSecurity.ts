import { AdmissionPlugin } from '../api/admission';
import { resourceOf, storeKey } from '../model/resources';
import { fieldErrors, forbidden, invalid } from '../model/status';
import { Store } from '../store/store';
import { KubeObject } from '../types';
import { podSecurityViolations, SecurityLevel } from './podSecurityStandards';

const LABEL = 'pod-security.kubernetes.io/';

const TEMPLATED = new Set([
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
]);

const LEVELS = ['privileged', 'baseline', 'restricted'];

/** Refuses labels that name no level and no version. */
function validateNamespace({ metadata: { name, labels = {} } }: KubeObject) {
  const errors = ['enforce', 'audit', 'warn'].flatMap(mode => {
    const level = labels[`${LABEL}${mode}`];
    const version = labels[`${LABEL}${mode}-version`];
    return [
      ...(level === undefined || LEVELS.includes(level)
        ? []
        : [
            fieldErrors.invalid(
              `metadata.labels[${LABEL}${mode}]`,
              level,
              `must be one of ${LEVELS.join(', ')}`,
            ),
          ]),
      ...(version === undefined || /^(latest|v1\.\d+)$/.test(version)
        ? []
        : [
            fieldErrors.invalid(
              `metadata.labels[${LABEL}${mode}-version]`,
              version,
              'must be "latest" or "v1.x"',
            ),
          ]),
    ];
  });
  if (errors.length > 0) {
    throw invalid('', 'Namespace', name, errors);
  }
}

/** Which pods of the namespace its new enforced level would refuse. */
function warningsAbout(
  store: Store,
  { metadata: { name, labels = {} } }: KubeObject,
  before: KubeObject | undefined,
): string[] {
  const level = (labels[`${LABEL}enforce`] ?? 'privileged') as SecurityLevel;
  if (!before || before.metadata.labels?.[`${LABEL}enforce`] === level) {
    return [];
  }
  const podsByFault = new Map<string, string[]>();
  for (const pod of store.list(storeKey(resourceOf('pods')), name)) {
    const faults = podSecurityViolations(pod.spec, level)
      .map(text => text.replace(/ \(.*\)$/, ''))
      .join(', ');
    if (faults) {
      podsByFault.set(faults, [
        ...(podsByFault.get(faults) ?? []),
        pod.metadata.name,
      ]);
    }
  }
  if (podsByFault.size === 0) {
    return [];
  }
  const version = labels[`${LABEL}enforce-version`] ?? 'latest';
  const others = (count: number) =>
    count === 1 ? ' (and 1 other pod)' : ` (and ${count} other pods)`;
  return [
    `existing pods in namespace ${JSON.stringify(
      name,
    )} violate the new PodSecurity enforce level "${level}:${version}"`,
    ...[...podsByFault].map(
      ([faults, [first, ...more]]) =>
        `${first}${more.length > 0 ? others(more.length) : ''}: ${faults}`,
    ),
  ];
}

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
      before,
      subresource,
      context,
    }) {
      if (operation === 'DELETE' || subresource) return;
      if (def.kind === 'Namespace') {
        validateNamespace(object!);
        context.warnings.push(...warningsAbout(store, object!, before));
        return;
      }
      if (!namespace) return;
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
