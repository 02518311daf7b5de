import { randomBytes } from 'crypto';
import type { V1Pod, V1Toleration } from '../../kubernetes/objects';
import {
  KUBERNETES_MARK_ANNOTATIONS,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  type PermissionCheck,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ProbeConfig } from '../../clusters/types';
import { PROBE_NAME_PREFIX } from '../../identity/trustContext';
import type { Placement } from '../framework/facts/workloads';
import { DEFAULT_RESOURCES } from './defaultResources';
import { PROBE_CONTAINER } from './explainPending';
import { PROBE_SCRIPT, probeArguments, withoutExpansion } from './script';

/** ISO 8601: after it, a sweep of any process may delete the pod. */
export const PROBE_DEADLINE_ANNOTATION = 'backstage.io/probe-deadline';
/** Distinguishes probe pods from other pods of the portal. */
export const PROBE_LABEL = 'backstage.io/probe';

const TERMINATION_LOG = '/dev/termination-log';
const USER = 65532;

/** Opts out of service meshes, whose sidecar would outlive the probe or block its traffic. */
const KEEP_MESHES_OUT = {
  annotations: {
    'sidecar.istio.io/inject': 'false',
    'linkerd.io/inject': 'disabled',
    'kuma.io/sidecar-injection': 'disabled',
    'consul.hashicorp.com/connect-inject': 'false',
    'appmesh.k8s.aws/sidecarInjectorWebhook': 'disabled',
  },
  labels: {
    'sidecar.istio.io/inject': 'false',
    'kuma.io/sidecar-injection': 'disabled',
  },
};

/**
 * Placement of a running pod, for the probe. Copies only the node affinity: pod anti-affinity would keep the probe
 * off the nodes it should test. Never copies labels, because a Service would then route to the probe.
 */
export function placementOf(pod: V1Pod | undefined): Placement {
  const nodeAffinity = pod?.spec?.affinity?.nodeAffinity;
  return {
    nodeSelector: pod?.spec?.nodeSelector,
    affinity: nodeAffinity ? { nodeAffinity } : undefined,
    tolerations: pod?.spec?.tolerations?.filter(
      // Kubernetes adds these two to every pod.
      toleration =>
        !/^node\.kubernetes\.io\/(not-ready|unreachable)$/.test(
          toleration.key ?? '',
        ),
    ),
  };
}

export interface ProbePodOptions {
  ref: ServiceAccountRef;
  probe: ProbeConfig;
  portalId: string;
  taskId?: string;
  placement: Placement;
  /** Kubernetes kills the pod after it. */
  deadlineSeconds: number;
  /** Epoch milliseconds. */
  now: number;
  graceSeconds: number;
  permissionChecks: readonly PermissionCheck[];
  /** It asks by IRSA, as if its service account had no association. */
  irsa?: { roleArn: string; region: string; audience: string };
}

/** Where the webhook of EKS mounts the token of IRSA. */
export const IRSA_MOUNT = '/var/run/secrets/eks.amazonaws.com/serviceaccount';
/** The webhook gives a pod with this label neither IRSA nor Pod Identity. */
const SKIP_LABEL = 'eks.amazonaws.com/skip-pod-identity-webhook';

/** What the webhook gives a pod by IRSA, given by the pod itself: an association comes before it. */
function byIrsa({ irsa }: ProbePodOptions) {
  if (!irsa) return { env: [], mounts: [], volumes: [] };
  const { audience, region, roleArn } = irsa;
  return {
    env: [
      { name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' },
      { name: 'AWS_DEFAULT_REGION', value: region },
      { name: 'AWS_REGION', value: region },
      { name: 'AWS_ROLE_ARN', value: roleArn },
      { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: `${IRSA_MOUNT}/token` },
    ],
    mounts: [{ name: 'irsa', mountPath: IRSA_MOUNT, readOnly: true }],
    volumes: [
      {
        name: 'irsa',
        projected: {
          sources: [
            {
              serviceAccountToken: {
                audience,
                expirationSeconds: 3_600,
                path: 'token',
              },
            },
          ],
        },
      },
    ],
  };
}

/** `eks-pod-identity-probe-k3f9q2`; unique for each run. */
function probePodName(): string {
  return `${PROBE_NAME_PREFIX}${randomBytes(5).toString('hex')}`;
}

/**
 * The probe: a one-shot pod under the target service account that fits Pod Security *restricted*. It reports in its
 * termination message, so that the portal needs neither `pods/exec` nor `pods/log`.
 */
export function probePod(options: ProbePodOptions): V1Pod {
  const { ref, probe, placement } = options;
  const irsa = byIrsa(options);
  const tolerations = [
    ...((probe.tolerations ?? []) as V1Toleration[]),
    ...(placement.tolerations ?? []),
  ];
  const args = probeArguments({
    out: TERMINATION_LOG,
    graceSeconds: options.graceSeconds,
    checkImds: probe.checkImds,
    commands: options.permissionChecks,
  }).map(withoutExpansion);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: probePodName(),
      namespace: ref.namespace,
      labels: {
        [MANAGED_BY_LABEL]: MANAGED_BY,
        [PROBE_LABEL]: 'true',
        ...KEEP_MESHES_OUT.labels,
        ...(options.irsa ? { [SKIP_LABEL]: 'true' } : {}),
      },
      annotations: {
        [KUBERNETES_MARK_ANNOTATIONS.portal]: options.portalId,
        ...(options.taskId
          ? { [KUBERNETES_MARK_ANNOTATIONS.taskId]: options.taskId }
          : {}),
        [PROBE_DEADLINE_ANNOTATION]: new Date(
          options.now + options.deadlineSeconds * 1000,
        ).toISOString(),
        ...KEEP_MESHES_OUT.annotations,
      },
    },
    spec: {
      serviceAccountName: ref.serviceAccount,
      restartPolicy: 'Never',
      activeDeadlineSeconds: options.deadlineSeconds,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      nodeSelector: { ...placement.nodeSelector, 'kubernetes.io/os': 'linux' },
      ...(placement.affinity ? { affinity: placement.affinity } : {}),
      ...(tolerations.length ? { tolerations } : {}),
      ...(probe.imagePullSecrets.length
        ? { imagePullSecrets: probe.imagePullSecrets.map(name => ({ name })) }
        : {}),
      securityContext: {
        runAsNonRoot: true,
        // The image has no USER; without fsGroup the projected token could not be read (webhook README).
        runAsUser: USER,
        runAsGroup: USER,
        fsGroup: USER,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: PROBE_CONTAINER,
          image: probe.image,
          command: ['/bin/bash', '-c', PROBE_SCRIPT, ...args],
          workingDir: '/tmp',
          env: [
            { name: 'HOME', value: '/tmp' },
            { name: 'AWS_PAGER', value: '' },
            { name: 'AWS_MAX_ATTEMPTS', value: '3' },
            ...irsa.env,
          ],
          resources: probe.resources ?? DEFAULT_RESOURCES,
          terminationMessagePath: TERMINATION_LOG,
          terminationMessagePolicy: 'File',
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...irsa.mounts],
        },
      ],
      volumes: [
        { name: 'tmp', emptyDir: { sizeLimit: '16Mi' } },
        ...irsa.volumes,
      ],
    },
  };
}
