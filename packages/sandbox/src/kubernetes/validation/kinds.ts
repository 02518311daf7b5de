import { withClaims } from '../model/claims';
import { matchesLabelSelector } from '../model/selectors';
import { FieldError, fieldErrors } from '../model/status';
import { KubeObject } from '../types';
import { cronFault } from './cron';
import { validateLabels, validateMetadata } from './metadata';
import { validatePodSpec } from './podSpec';
import { validateNetworkPolicy } from './networkPolicy';
import { validateWebhooks } from './webhooks';

const { invalid, required, forbidden, notSupported } = fieldErrors;

type Validate = (object: KubeObject) => FieldError[];

const goMap = (map: Record<string, string> = {}) =>
  `map[string]string{${Object.entries(map)
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
    .join(', ')}}`;

const goInvalid = (
  field: string,
  value: string,
  detail: string,
): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  text: `Invalid value: ${value}: ${detail}`,
});

const isEmptySelector = (selector: any) =>
  !Object.keys(selector?.matchLabels ?? {}).length &&
  !selector?.matchExpressions?.length;

function validateTemplate(template: any, field: string): FieldError[] {
  return [
    ...validateLabels(template?.metadata?.labels, `${field}.metadata.labels`),
    ...validatePodSpec(template?.spec ?? {}, `${field}.spec`),
  ];
}

const workload: Validate = ({ spec }) => {
  const labels = spec?.template?.metadata?.labels;
  const errors: FieldError[] = [];
  if (!spec?.selector) {
    errors.push(required('spec.selector'));
  } else if (isEmptySelector(spec.selector)) {
    errors.push(
      invalid('spec.selector', {}, 'empty selector is invalid for deployment'),
    );
  } else if (!matchesLabelSelector(spec.selector, labels)) {
    errors.push(
      goInvalid(
        'spec.template.metadata.labels',
        goMap(labels),
        '`selector` does not match template `labels`',
      ),
    );
  }
  const policy = spec?.template?.spec?.restartPolicy;
  if (policy && policy !== 'Always') {
    errors.push(
      notSupported('spec.template.spec.restartPolicy', policy, ['Always']),
    );
  }
  if (spec?.replicas < 0) {
    errors.push(
      invalid(
        'spec.replicas',
        spec.replicas,
        'must be greater than or equal to 0',
      ),
    );
  }
  const template = spec && withClaims(spec, 'pod');
  return [...errors, ...validateTemplate(template, 'spec.template')];
};

const isZero = (value: unknown) => value === 0 || value === '0%';

/** As Go writes the internal type, whose names begin with capitals. */
const shownStrategy = ({ type }: any) => ({
  Type: type,
  RollingUpdate: null,
});

const deploymentStrategy: Validate = ({ spec }) => {
  const { type, rollingUpdate } = spec?.strategy ?? {};
  const field = 'spec.strategy';
  if (type === 'Recreate') {
    return rollingUpdate
      ? [
          forbidden(
            `${field}.rollingUpdate`,
            "may not be specified when strategy `type` is 'Recreate'",
          ),
        ]
      : [];
  }
  if (type !== 'RollingUpdate') {
    const known = ['Recreate', 'RollingUpdate'];
    return [notSupported(field, shownStrategy(spec.strategy), known)];
  }
  return isZero(rollingUpdate?.maxSurge) && isZero(rollingUpdate.maxUnavailable)
    ? [
        invalid(
          `${field}.rollingUpdate.maxUnavailable`,
          rollingUpdate.maxUnavailable,
          'may not be 0 when `maxSurge` is 0',
        ),
      ]
    : [];
};

const UPDATES = ['RollingUpdate', 'OnDelete'];

const daemonSetStrategy: Validate = ({ spec }) => {
  const { type, rollingUpdate } = spec?.updateStrategy ?? {};
  const field = 'spec.updateStrategy';
  if (!UPDATES.includes(type)) {
    return [notSupported(field, shownStrategy(spec.updateStrategy), UPDATES)];
  }
  return isZero(rollingUpdate?.maxSurge) && isZero(rollingUpdate.maxUnavailable)
    ? [
        required(
          `${field}.rollingUpdate.maxUnavailable`,
          'cannot be 0 when maxSurge is 0',
        ),
      ]
    : [];
};

const statefulSetStrategy: Validate = ({ spec }) =>
  UPDATES.includes(spec?.updateStrategy?.type)
    ? []
    : [
        invalid(
          'spec.updateStrategy',
          shownStrategy(spec.updateStrategy),
          "must be 'RollingUpdate' or 'OnDelete'",
        ),
      ];

const JOB_NUMBERS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
];

const job = (spec: any, field: string): FieldError[] => {
  const policy = spec?.template?.spec?.restartPolicy;
  return [
    ...JOB_NUMBERS.filter(name => spec?.[name] < 0).map(name =>
      invalid(
        `${field}.${name}`,
        spec[name],
        'must be greater than or equal to 0',
      ),
    ),
    ...(policy === 'Always'
      ? [
          required(
            `${field}.template.spec.restartPolicy`,
            'valid values: "OnFailure", "Never"',
          ),
        ]
      : []),
    ...validateTemplate(spec?.template, `${field}.template`),
  ];
};

/** Names of a CronJob leave room for the suffix of its Jobs. */
const MOST_CRON_NAME = 52;

const cronJob: Validate = ({ metadata, spec }) => {
  const { schedule, concurrencyPolicy } = spec ?? {};
  const fault = schedule && cronFault(schedule);
  return [
    ...(metadata.name.length > MOST_CRON_NAME
      ? [
          invalid(
            'metadata.name',
            metadata.name,
            `must be no more than ${MOST_CRON_NAME} characters`,
          ),
        ]
      : []),
    ...(schedule ? [] : [required('spec.schedule')]),
    ...(fault ? [invalid('spec.schedule', schedule, fault)] : []),
    ...(['Allow', 'Forbid', 'Replace'].includes(concurrencyPolicy)
      ? []
      : [
          notSupported('spec.concurrencyPolicy', concurrencyPolicy, [
            'Allow',
            'Forbid',
            'Replace',
          ]),
        ]),
    ...job(spec?.jobTemplate?.spec, 'spec.jobTemplate.spec'),
  ];
};

const binding: Validate = object => [
  ...(object.roleRef?.name ? [] : [required('roleRef.name')]),
  ...(['Role', 'ClusterRole'].includes(object.roleRef?.kind)
    ? []
    : [
        notSupported('roleRef.kind', object.roleRef?.kind ?? '', [
          'Role',
          'ClusterRole',
        ]),
      ]),
  ...(object.subjects ?? []).flatMap((s: any, i: number) =>
    s.kind === 'ServiceAccount' && !s.namespace
      ? [required(`subjects[${i}].namespace`)]
      : [],
  ),
];

const rules: Validate = object =>
  (object.rules ?? []).flatMap((rule: any, i: number) =>
    rule.verbs?.length
      ? []
      : [
          required(
            `rules[${i}].verbs`,
            'verbs must contain at least one value',
          ),
        ],
  );

const KINDS: Record<string, Validate> = {
  Pod: ({ spec }) => validatePodSpec(spec ?? {}, 'spec'),
  Deployment: object => [...workload(object), ...deploymentStrategy(object)],
  ReplicaSet: workload,
  StatefulSet: object => [...workload(object), ...statefulSetStrategy(object)],
  DaemonSet: object => [...workload(object), ...daemonSetStrategy(object)],
  Job: ({ spec }) => job(spec, 'spec'),
  CronJob: cronJob,
  Service: ({ spec }) =>
    spec?.ports?.length ||
    spec?.clusterIP === 'None' ||
    spec?.type === 'ExternalName'
      ? []
      : [required('spec.ports')],
  NetworkPolicy: ({ spec }) => validateNetworkPolicy(spec),
  MutatingWebhookConfiguration: ({ webhooks }) => validateWebhooks(webhooks),
  ValidatingWebhookConfiguration: ({ webhooks }) => validateWebhooks(webhooks),
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  Role: rules,
  ClusterRole: rules,
};

/** The errors that make the API server answer 422 Invalid for a new object. */
export const validateObject: Validate = object => [
  ...validateMetadata(object),
  ...(KINDS[object.kind]?.(object) ?? []),
];

const same = (a: unknown, b: unknown) =>
  JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

const IMMUTABLE: Record<string, string[]> = {
  Deployment: ['selector'],
  ReplicaSet: ['selector'],
  DaemonSet: ['selector'],
  StatefulSet: ['selector', 'serviceName', 'podManagementPolicy'],
  Job: ['selector', 'template', 'completions'],
};

/** A pod spec without the parts that an update may change. */
function fixedPodSpec(spec: any): unknown {
  const { activeDeadlineSeconds, tolerations, ...rest } = spec;
  const withoutImage = (containers: any[] = []) =>
    containers.map(({ image, ...container }) => container);
  return {
    ...rest,
    containers: withoutImage(spec.containers),
    initContainers: withoutImage(spec.initContainers),
  };
}

const POD_UPDATE_TEXT =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Whether tolerations were only added. */
const keepsTolerations = (object: any, before: any) =>
  (before.spec.tolerations ?? []).every((old: any) =>
    (object.spec.tolerations ?? []).some((now: any) =>
      same({ ...old, tolerationSeconds: 0 }, { ...now, tolerationSeconds: 0 }),
    ),
  );

const podUpdate = (object: KubeObject, before: KubeObject): FieldError[] =>
  same(fixedPodSpec(object.spec), fixedPodSpec(before.spec)) &&
  keepsTolerations(object, before)
    ? []
    : [forbidden('spec', POD_UPDATE_TEXT)];

/** Ephemeral containers are only ever added. */
function ephemeralUpdate(object: KubeObject, before: KubeObject): FieldError[] {
  const field = 'spec.ephemeralContainers';
  const now: any[] = object.spec.ephemeralContainers ?? [];
  const old: any[] = before.spec.ephemeralContainers ?? [];
  return old.flatMap(({ name, ...rest }) => {
    const found = now.find(container => container.name === name);
    const what = `existing ephemeral containers ${JSON.stringify(
      name,
    )} may not be`;
    if (!found) {
      return [forbidden(field, `${what} removed\n`)];
    }
    return same({ name, ...rest }, found)
      ? []
      : [forbidden(field, `${what} changed\n`)];
  });
}

/** The errors that make the API server refuse an update: invalid values and changes of immutable fields. */
export function validateUpdate(
  object: KubeObject,
  before: KubeObject,
  subresource?: string,
): FieldError[] {
  const errors = validateObject(object);
  for (const name of IMMUTABLE[object.kind] ?? []) {
    if (!same(object.spec?.[name], before.spec?.[name])) {
      errors.push(
        invalid(
          `spec.${name}`,
          object.spec?.[name] ?? null,
          'field is immutable',
        ),
      );
    }
  }
  if (object.kind === 'Pod') {
    errors.push(
      ...(subresource === 'ephemeralcontainers'
        ? ephemeralUpdate(object, before)
        : podUpdate(object, before)),
    );
  }
  if (object.roleRef && !same(object.roleRef, before.roleRef)) {
    errors.push(invalid('roleRef', object.roleRef, 'cannot change roleRef'));
  }
  if (before.immutable && !same(object.data, before.data)) {
    errors.push(
      forbidden('data', 'field is immutable when `immutable` is set'),
    );
  }
  return errors;
}
