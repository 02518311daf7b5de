import { KubeObject } from '../types';

/** Changes of the template of a DaemonSet, counted for clients of before apps/v1. */
export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** Sets only the fields that are undefined. */
const fill = (target: any, defaults: Record<string, unknown>) => {
  for (const [key, value] of Object.entries(defaults)) {
    if (target[key] === undefined) {
      target[key] = value;
    }
  }
};

/** `Always` for `:latest` or no tag, else `IfNotPresent`. */
function pullPolicy(image: string | undefined) {
  const name = (image ?? '').split('/').pop()!;
  const latest = !name.includes('@') && /^[^:]+(:latest)?$/.test(name);
  return latest ? 'Always' : 'IfNotPresent';
}

function defaultContainer(container: any) {
  fill(container, {
    imagePullPolicy: pullPolicy(container.image),
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  (container.ports ?? []).forEach((port: any) =>
    fill(port, { protocol: 'TCP' }),
  );
  for (const entry of container.env ?? []) {
    if (entry.valueFrom?.fieldRef) {
      fill(entry.valueFrom.fieldRef, { apiVersion: 'v1' });
    }
  }
  const { limits, requests } = container.resources;
  if (limits) {
    container.resources.requests = { ...limits, ...requests };
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (container[probe]) {
      fill(container[probe], {
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      });
      if (container[probe].httpGet) {
        fill(container[probe].httpGet, { path: '/', scheme: 'HTTP' });
      }
    }
  }
}

function defaultVolume(volume: any) {
  if (Object.keys(volume).length === 1) {
    volume.emptyDir = {};
  }
  for (const source of ['projected', 'configMap', 'secret', 'downwardAPI']) {
    if (volume[source]) {
      fill(volume[source], { defaultMode: 420 });
    }
  }
  if (volume.hostPath) {
    fill(volume.hostPath, { type: '' });
  }
  const sources: any[] = volume.projected?.sources ?? [];
  for (const { serviceAccountToken } of sources) {
    if (serviceAccountToken) {
      fill(serviceAccountToken, { expirationSeconds: 3600 });
    }
  }
  for (const { downwardAPI } of [volume, ...sources]) {
    for (const { fieldRef } of downwardAPI?.items ?? []) {
      if (fieldRef) fill(fieldRef, { apiVersion: 'v1' });
    }
  }
}

/** Defaults of a pod spec, in pods and in templates alike. */
function defaultPodSpec(spec: any) {
  fill(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
  // A negative grace period means the shortest.
  if (spec.terminationGracePeriodSeconds < 0) {
    spec.terminationGracePeriodSeconds = 1;
  }
  [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ].forEach(defaultContainer);
  (spec.volumes ?? []).forEach(defaultVolume);
  if (spec.serviceAccountName ?? spec.serviceAccount) {
    spec.serviceAccountName ??= spec.serviceAccount;
    spec.serviceAccount = spec.serviceAccountName;
  }
  if (spec.hostNetwork) {
    for (const container of spec.containers ?? []) {
      (container.ports ?? []).forEach((port: any) =>
        fill(port, { hostPort: port.containerPort }),
      );
    }
  }
}

function defaultTemplate(spec: any) {
  if (spec?.template) {
    spec.template.metadata ??= {};
    spec.template.spec ??= {};
    defaultPodSpec(spec.template.spec);
  }
}

function defaultJobSpec(spec: any) {
  const single =
    spec.completions === undefined && spec.parallelism === undefined;
  fill(spec, {
    ...(single && { completions: 1 }),
    parallelism: 1,
    ...(spec.backoffLimitPerIndex === undefined && { backoffLimit: 6 }),
    completionMode: 'NonIndexed',
    manualSelector: false,
    podReplacementPolicy: spec.podFailurePolicy
      ? 'Failed'
      : 'TerminatingOrFailed',
    suspend: false,
  });
  defaultTemplate(spec);
}

const everyScope = (rules: any[] = []) =>
  rules.forEach(rule => fill(rule, { scope: '*' }));

/** Which requests a webhook or a policy looks at. */
function defaultMatch(match: any) {
  fill(match, {
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
  });
}

function defaultWebhooks(webhooks: any[] = [], more: object = {}) {
  for (const webhook of webhooks) {
    fill(webhook, { failurePolicy: 'Fail', timeoutSeconds: 10, ...more });
    defaultMatch(webhook);
    everyScope(webhook.rules);
    if (webhook.clientConfig?.service) {
      fill(webhook.clientConfig.service, { port: 443 });
    }
  }
}

function defaultMatchResources(match: any) {
  defaultMatch(match);
  everyScope(match.resourceRules);
  everyScope(match.excludeResourceRules);
}

/** A limit's default is its max, its default request the default or the min. */
function defaultLimit(limit: any) {
  if (limit.type !== 'Container') {
    return;
  }
  const defaults = { ...limit.max, ...limit.default };
  const requests = { ...limit.min, ...defaults, ...limit.defaultRequest };
  if (Object.keys(defaults).length > 0) {
    limit.default = defaults;
  }
  if (Object.keys(requests).length > 0) {
    limit.defaultRequest = requests;
  }
}

const KINDS: Record<string, (object: KubeObject) => void> = {
  Pod: object => {
    object.spec ??= {};
    defaultPodSpec(object.spec);
    fill(object.spec, { enableServiceLinks: true });
  },
  Deployment: ({ spec }) => {
    fill(spec, {
      replicas: 1,
      strategy: {},
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    fill(spec.strategy, { type: 'RollingUpdate' });
    if (spec.strategy.type === 'RollingUpdate') {
      fill(spec.strategy, { rollingUpdate: {} });
      fill(spec.strategy.rollingUpdate, {
        maxUnavailable: '25%',
        maxSurge: '25%',
      });
    }
    defaultTemplate(spec);
  },
  ReplicaSet: ({ spec }) => {
    fill(spec, { replicas: 1 });
    defaultTemplate(spec);
  },
  StatefulSet: ({ spec }) => {
    fill(spec, {
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      persistentVolumeClaimRetentionPolicy: {
        whenDeleted: 'Retain',
        whenScaled: 'Retain',
      },
      revisionHistoryLimit: 10,
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { partition: 0 },
      },
    });
    defaultTemplate(spec);
  },
  DaemonSet: ({ spec, metadata }) => {
    // The API server reads a number out of it, and writes it wherever it writes the object.
    metadata.annotations = {
      [TEMPLATE_GENERATION]: '0',
      ...metadata.annotations,
    };
    fill(spec, {
      revisionHistoryLimit: 10,
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
      },
    });
    defaultTemplate(spec);
  },
  Job: ({ spec, metadata }) => {
    defaultJobSpec(spec);
    metadata.labels ??= spec.template?.metadata?.labels && {
      ...spec.template.metadata.labels,
    };
  },
  LimitRange: ({ spec }) => (spec?.limits ?? []).forEach(defaultLimit),
  NetworkPolicy: ({ spec }) => {
    fill(spec, {
      podSelector: {},
      policyTypes: ['Ingress', ...(spec.egress?.length ? ['Egress'] : [])],
    });
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      (rule.ports ?? []).forEach((port: any) =>
        fill(port, { protocol: 'TCP' }),
      );
    }
  },
  MutatingWebhookConfiguration: ({ webhooks }) =>
    defaultWebhooks(webhooks, { reinvocationPolicy: 'Never' }),
  ValidatingWebhookConfiguration: ({ webhooks }) => defaultWebhooks(webhooks),
  ValidatingAdmissionPolicy: ({ spec }) => {
    fill(spec, { failurePolicy: 'Fail' });
    if (spec.matchConstraints) {
      defaultMatchResources(spec.matchConstraints);
    }
  },
  ValidatingAdmissionPolicyBinding: ({ spec }) => {
    if (spec.matchResources) {
      defaultMatchResources(spec.matchResources);
    }
  },
  CronJob: ({ spec }) => {
    fill(spec, {
      concurrencyPolicy: 'Allow',
      failedJobsHistoryLimit: 1,
      successfulJobsHistoryLimit: 3,
      suspend: false,
    });
    const template = (spec.jobTemplate ??= {});
    template.metadata ??= {};
    defaultTemplate((template.spec ??= {}));
  },
  Service: ({ spec }) => {
    fill(spec, {
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
    });
    (spec.ports ?? []).forEach((port: any) =>
      fill(port, { protocol: 'TCP', targetPort: port.port }),
    );
  },
  Secret: object => {
    fill(object, { type: 'Opaque' });
    for (const [key, value] of Object.entries(object.stringData ?? {})) {
      object.data = {
        ...object.data,
        [key]: Buffer.from(String(value)).toString('base64'),
      };
    }
    delete object.stringData;
  },
  Namespace: object => {
    object.metadata.labels = {
      ...object.metadata.labels,
      'kubernetes.io/metadata.name': object.metadata.name,
    };
  },
  RoleBinding: object => defaultBinding(object),
  ClusterRoleBinding: object => defaultBinding(object),
};

function defaultBinding(object: KubeObject) {
  fill((object.roleRef ??= {}), { apiGroup: 'rbac.authorization.k8s.io' });
  for (const subject of object.subjects ?? []) {
    if (subject.kind !== 'ServiceAccount') {
      fill(subject, { apiGroup: 'rbac.authorization.k8s.io' });
    }
  }
}

const SPEC_KINDS = new Set([
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'Service',
  'NetworkPolicy',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

/** Sets the defaults of the object's kind, in place. */
export function applyDefaults(object: KubeObject): void {
  object.metadata ??= { name: '' };
  if (SPEC_KINDS.has(object.kind)) {
    object.spec ??= {};
  }
  KINDS[object.kind]?.(object);
}
