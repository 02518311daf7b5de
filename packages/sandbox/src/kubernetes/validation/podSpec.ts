import { FieldError, fieldErrors, oneOf } from '../model/status';
import { envName, label, subdomain } from '../model/names';
import { validateLabels } from './metadata';
import { validateHostNetwork, validateHostPorts, validatePorts } from './ports';
import { parseQuantity } from './quantity';
import { validateAffinity, validateTolerations } from './scheduling';
import {
  validatePodSecurityContext,
  validateSecurityContext,
} from './security';

const { invalid, required, forbidden, duplicate, notFound } = fieldErrors;

const named = (errors: string[], field: string, value: string) =>
  errors.map(text => invalid(field, value, text));

function validateResources(resources: any, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const part of ['limits', 'requests']) {
    for (const [name, value] of Object.entries(resources?.[part] ?? {})) {
      if (parseQuantity(value)! < 0) {
        errors.push(
          invalid(
            `${field}.${part}[${name}]`,
            value,
            'must be greater than or equal to 0',
          ),
        );
      }
    }
  }
  for (const [name, value] of Object.entries(resources?.requests ?? {})) {
    const limit = resources.limits?.[name];
    if (limit !== undefined && parseQuantity(value)! > parseQuantity(limit)!) {
      errors.push(
        invalid(
          `${field}.requests`,
          value,
          `must be less than or equal to ${name} limit of ${limit}`,
        ),
      );
    }
  }
  return errors;
}

function validateEnv(env: any[] = [], field: string): FieldError[] {
  return env.flatMap((entry, index) => {
    const at = `${field}[${index}]`;
    const errors = entry.name
      ? named(envName(entry.name), `${at}.name`, entry.name)
      : [required(`${at}.name`)];
    if (entry.valueFrom && entry.value) {
      errors.push(
        invalid(
          `${at}.valueFrom`,
          '',
          'may not be specified when `value` is not empty',
        ),
      );
    }
    return errors;
  });
}

function validateMounts(
  mounts: any[] = [],
  volumes: Set<string>,
  field: string,
) {
  const paths = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (!mount.name) {
      errors.push(required(`${at}.name`));
    } else if (!volumes.has(mount.name)) {
      errors.push(notFound(`${at}.name`, mount.name));
    }
    if (!mount.mountPath) {
      errors.push(required(`${at}.mountPath`));
    } else if (paths.has(mount.mountPath)) {
      errors.push(
        invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'),
      );
    }
    paths.add(mount.mountPath);
    return errors;
  });
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'];

function validateProbe(probe: any, field: string): FieldError[] {
  if (!probe) {
    return [];
  }
  const handlers = HANDLERS.filter(name => probe[name]);
  return [
    ...(handlers.length === 0
      ? [required(field, 'must specify a handler type')]
      : []),
    ...handlers
      .slice(1)
      .map(name =>
        forbidden(
          `${field}.${name}`,
          'may not specify more than 1 handler type',
        ),
      ),
  ];
}

function validateContainer(
  container: any,
  volumes: Set<string>,
  field: string,
) {
  return [
    ...(container.name
      ? named(label(container.name), `${field}.name`, container.name)
      : [required(`${field}.name`)]),
    ...(container.image ? [] : [required(`${field}.image`)]),
    ...(container.image && container.image !== container.image.trim()
      ? [
          invalid(
            `${field}.image`,
            container.image,
            'must not have leading or trailing whitespace',
          ),
        ]
      : []),
    ...oneOf(container.imagePullPolicy, `${field}.imagePullPolicy`, [
      'Always',
      'IfNotPresent',
      'Never',
    ]),
    ...oneOf(
      container.terminationMessagePolicy,
      `${field}.terminationMessagePolicy`,
      ['FallbackToLogsOnError', 'File'],
    ),
    ...validatePorts(container.ports, `${field}.ports`),
    ...validateEnv(container.env, `${field}.env`),
    ...validateMounts(container.volumeMounts, volumes, `${field}.volumeMounts`),
    ...PROBES.flatMap(probe =>
      validateProbe(container[probe], `${field}.${probe}`),
    ),
    ...validateResources(container.resources, `${field}.resources`),
    ...validateSecurityContext(
      container.securityContext,
      `${field}.securityContext`,
    ),
  ];
}

/** What a volume takes its files from has a name. */
const missingNames = (volume: any, field: string): FieldError[] =>
  [
    ['configMap', 'name'],
    ['secret', 'secretName'],
    ['hostPath', 'path'],
    ['persistentVolumeClaim', 'claimName'],
  ].flatMap(([source, name]) =>
    volume[source] && !volume[source][name]
      ? [required(`${field}.${source}.${name}`)]
      : [],
  );

function validateVolumes(volumes: any[] = [], field: string): FieldError[] {
  const seen = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const at = `${field}[${index}]`;
    const errors = volume.name
      ? named(label(volume.name), `${at}.name`, volume.name)
      : [required(`${at}.name`)];
    if (seen.has(volume.name)) {
      errors.push(duplicate(`${at}.name`, volume.name));
    }
    seen.add(volume.name);
    const sources = Object.keys(volume).filter(key => key !== 'name');
    if (sources.length === 0) {
      errors.push(required(at, 'must specify a volume type'));
    } else if (sources.length > 1) {
      errors.push(
        forbidden(
          `${at}.${sources[1]}`,
          'may not specify more than 1 volume type',
        ),
      );
    }
    errors.push(...missingNames(volume, at));
    (volume.projected?.sources ?? []).forEach((source: any, i: number) => {
      const token = source.serviceAccountToken;
      const seconds = token?.expirationSeconds;
      const path = `${at}.projected.sources[${i}].serviceAccountToken`;
      if (token && !token.path) errors.push(required(`${path}.path`));
      if (seconds !== undefined && seconds < 600) {
        errors.push(
          invalid(
            `${path}.expirationSeconds`,
            seconds,
            'may not specify a duration less than 10 minutes',
          ),
        );
      }
    });
    return errors;
  });
}

/** Validates a pod spec like the API server, after its defaults are set. */
export function validatePodSpec(spec: any, field: string): FieldError[] {
  const volumes = new Set<string>((spec.volumes ?? []).map((v: any) => v.name));
  const containers: any[] = spec.containers ?? [];
  const all = ['containers', 'initContainers', 'ephemeralContainers'].flatMap(
    list =>
      (spec[list] ?? []).map((c: any, i: number) => [
        c,
        `${field}.${list}[${i}]`,
      ]),
  );
  const names = new Set<string>();
  const duplicates = all.flatMap(([container, at]) => {
    const again = names.has(container.name);
    names.add(container.name);
    return again ? [duplicate(`${at}.name`, container.name)] : [];
  });
  const deadline = spec.activeDeadlineSeconds;
  return [
    ...(containers.length === 0 ? [required(`${field}.containers`)] : []),
    ...validateVolumes(spec.volumes, `${field}.volumes`),
    ...all.flatMap(([container, at]) =>
      validateContainer(container, volumes, at),
    ),
    ...duplicates,
    ...oneOf(spec.restartPolicy, `${field}.restartPolicy`, [
      'Always',
      'OnFailure',
      'Never',
    ]),
    ...oneOf(spec.dnsPolicy, `${field}.dnsPolicy`, [
      'ClusterFirst',
      'ClusterFirstWithHostNet',
      'Default',
      'None',
    ]),
    ...validateHostPorts(containers, `${field}.containers`),
    ...(spec.hostNetwork
      ? validateHostNetwork(containers, `${field}.containers`)
      : []),
    ...validatePodSecurityContext(
      spec.securityContext,
      `${field}.securityContext`,
    ),
    ...validateAffinity(spec.affinity, `${field}.affinity`),
    ...(spec.serviceAccountName
      ? named(
          subdomain(spec.serviceAccountName),
          `${field}.serviceAccountName`,
          spec.serviceAccountName,
        )
      : []),
    ...validateLabels(spec.nodeSelector, `${field}.nodeSelector`),
    ...(deadline !== undefined && (deadline < 1 || deadline > 2147483647)
      ? [
          invalid(
            `${field}.activeDeadlineSeconds`,
            deadline,
            'must be between 1 and 2147483647, inclusive',
          ),
        ]
      : []),
    ...validateTolerations(spec.tolerations, `${field}.tolerations`),
  ];
}
