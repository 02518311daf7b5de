import type {
  V1Namespace,
  V1OwnerReference,
  V1Pod,
  V1ServiceAccount,
} from '../../kubernetes/objects';
import {
  MANAGED_BY,
  MANAGED_BY_LABEL,
  SERVICE_ACCOUNT_PATTERN as OBJECT_NAME_PATTERN,
} from 'backstage-plugin-eks-pod-identity-common';
import { sourceOf } from '../../identity/deployer';
import { placementOf, PROBE_LABEL } from '../probe/podSpec';
import type { Collecting, Collector } from '../framework/collecting';
import { firstStart, timeOf } from '../agent/agentObjects';
import { known, type Lack, lacking } from '../framework/fact';
import { injectionOf } from '../probe/injection';
import { mainContainerOf, notStarted, unscheduled } from '../probe/podState';
import { andThen, askKubernetes } from '../access/askKubernetes';
import type {
  NamespaceFact,
  ServiceAccountFact,
} from '../framework/facts/serviceAccount';
import type { PodFact } from '../framework/facts/workloads';

export const IRSA_ANNOTATION = 'eks.amazonaws.com/role-arn';
const SKIP_CONTAINERS_ANNOTATION = 'eks.amazonaws.com/skip-containers';
const SKIP_WEBHOOK_LABEL = 'eks.amazonaws.com/skip-pod-identity-webhook';
const POD_ENI_ANNOTATION = 'vpc.amazonaws.com/pod-eni';
/** For people to say what no portal can see. */
const SDK_ANNOTATION = 'backstage.io/aws-sdk';
const WEBHOOK_CONFIGURATION = 'pod-identity-webhook';

/** As Kubernetes names kinds. */
const KIND_PATTERN = /^[A-Za-z][A-Za-z0-9]*$/;

function controllerOf(pod: V1Pod): PodFact['owner'] | undefined {
  const owner = pod.metadata?.ownerReferences?.find(one => one.controller);
  if (!owner) return undefined;
  const hash = pod.metadata?.labels?.['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`)) {
    return {
      kind: 'Deployment',
      name: owner.name.slice(0, -(hash.length + 1)),
    };
  }
  return { kind: owner.kind, name: owner.name };
}

/** What made a pod that was read in this run, as the pod has it; bundles hold no such reference. */
const makers = new WeakMap<PodFact, V1OwnerReference>();
export const makerOf = (pod: PodFact) => makers.get(pod);

/** What to restart: a ReplicaSet's Deployment, else the controller itself, else the pod. */
export function ownerOf(pod: V1Pod): PodFact['owner'] {
  const owner = controllerOf(pod);
  // Anyone who may create the pod can put any text here.
  return owner &&
    KIND_PATTERN.test(owner.kind) &&
    OBJECT_NAME_PATTERN.test(owner.name)
    ? owner
    : { kind: 'Pod', name: pod.metadata?.name ?? '' };
}

export function podFact(pod: V1Pod): PodFact {
  const annotations = pod.metadata?.annotations ?? {};
  const labels = pod.metadata?.labels ?? {};
  const why = notStarted(pod);
  const fact: PodFact = {
    name: pod.metadata?.name ?? '',
    uid: pod.metadata?.uid,
    labels,
    owner: ownerOf(pod),
    nodeName: pod.spec?.nodeName,
    phase: pod.status?.phase ?? 'Unknown',
    ...(why ? { notStarted: why } : {}),
    ...(unscheduled(pod) ? { unscheduled: true } : {}),
    createdAt: timeOf(pod.metadata?.creationTimestamp),
    startedAt: firstStart(pod),
    hostNetwork: pod.spec?.hostNetwork === true,
    skipContainers: (annotations[SKIP_CONTAINERS_ANNOTATION] ?? '')
      .split(',')
      .map(name => name.trim())
      .filter(Boolean),
    skipped: SKIP_WEBHOOK_LABEL in labels,
    podEni: POD_ENI_ANNOTATION in annotations,
    containers: injectionOf(pod),
    ...(SDK_ANNOTATION in annotations
      ? { sdk: annotations[SDK_ANNOTATION] }
      : {}),
    mainContainer: mainContainerOf(pod),
    placement: placementOf(pod),
  };
  const maker = pod.metadata?.ownerReferences?.find(one => one.controller);
  if (maker) makers.set(fact, maker);
  return fact;
}

function isProbe(pod: V1Pod): boolean {
  const labels = pod.metadata?.labels ?? {};
  return labels[MANAGED_BY_LABEL] === MANAGED_BY && PROBE_LABEL in labels;
}

/** Its containers have ended for good, well or not. */
export const hasEnded = ({ status }: V1Pod): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** A pod of the workload: not a probe, not finished, not terminating. */
export function serves(pod: V1Pod): boolean {
  if (isProbe(pod) || pod.metadata?.deletionTimestamp) return false;
  return !hasEnded(pod);
}

export function namespaceFact({
  metadata,
  status,
}: V1Namespace): NamespaceFact {
  const labels = metadata?.labels ?? {};
  return {
    name: metadata?.name ?? '',
    terminating: status?.phase === 'Terminating',
    podSecurity: labels['pod-security.kubernetes.io/enforce'],
    labels,
  };
}

export function serviceAccountFact(
  serviceAccount: V1ServiceAccount,
): ServiceAccountFact {
  const { metadata } = serviceAccount;
  const annotations = metadata?.annotations ?? {};
  return {
    name: metadata?.name ?? '',
    irsaRoleArn: annotations[IRSA_ANNOTATION],
    labels: metadata?.labels ?? {},
    annotations,
    source: sourceOf(serviceAccount),
  };
}

/** The probe copies the placement of the newest one. */
export function newestFirst(pods: readonly PodFact[]): PodFact[] {
  return [...pods].sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
}

export const collectNamespace: Collector<'namespace'> = async c => {
  const { namespace } = c.request.ref;
  return andThen(
    await askKubernetes(
      c,
      { verb: 'get', resource: 'namespaces', name: namespace },
      (kubernetes, signal) => kubernetes.readNamespace(namespace, { signal }),
    ),
    found => (found ? namespaceFact(found) : null),
  );
};

export const collectServiceAccount: Collector<'serviceAccount'> = async c => {
  const { namespace, serviceAccount } = c.request.ref;
  return andThen(
    await askKubernetes(
      c,
      {
        verb: 'get',
        resource: 'serviceaccounts',
        namespace,
        name: serviceAccount,
      },
      (kubernetes, signal) =>
        kubernetes.readServiceAccount(namespace, serviceAccount, { signal }),
    ),
    found => (found ? serviceAccountFact(found) : null),
  );
};

/** The pods of the namespace that a field selector chooses. */
export const podsWhere = (c: Collecting, fieldSelector: string) => {
  const { namespace } = c.request.ref;
  return askKubernetes(
    c,
    { verb: 'list', resource: 'pods', namespace },
    (kubernetes, signal) =>
      kubernetes.listPods({ namespace, fieldSelector }, { signal }),
  );
};

export const collectFailedPods: Collector<'failedPods'> = async c =>
  andThen(
    await podsWhere(
      c,
      `spec.serviceAccountName=${c.request.ref.serviceAccount},status.phase=Failed`,
    ),
    pods => pods.filter(pod => !isProbe(pod)).map(podFact),
  );

export const collectPods: Collector<'pods'> = async c => {
  const { serviceAccount } = c.request.ref;
  return andThen(
    await podsWhere(c, `spec.serviceAccountName=${serviceAccount}`),
    pods =>
      newestFirst(
        pods
          .filter(
            pod =>
              pod.spec?.serviceAccountName === serviceAccount && serves(pod),
          )
          .map(podFact),
      ),
  );
};

export const collectWebhook: Collector<'webhook'> = async c =>
  andThen(
    await askKubernetes(
      c,
      {
        verb: 'get',
        resource: 'mutatingwebhookconfigurations',
        group: 'admissionregistration.k8s.io',
        name: WEBHOOK_CONFIGURATION,
      },
      (kubernetes, signal) =>
        kubernetes.readMutatingWebhookConfiguration(WEBHOOK_CONFIGURATION, {
          signal,
        }),
    ),
    found =>
      found
        ? {
            webhooks: (found.webhooks ?? []).map(webhook => ({
              name: webhook.name,
              url: webhook.clientConfig.url,
              failurePolicy: webhook.failurePolicy,
              namespaceSelector: webhook.namespaceSelector,
              objectSelector: webhook.objectSelector,
              conditional: (webhook.matchConditions ?? []).length > 0,
              createsPods: (webhook.rules ?? []).some(
                rule =>
                  (rule.operations ?? []).some(one =>
                    ['CREATE', '*'].includes(one),
                  ) &&
                  (rule.resources ?? []).some(one =>
                    ['pods', '*', '*/*'].includes(one),
                  ),
              ),
            })),
          }
        : null,
  );

/** Reviews each right separately: a failed review is not a denial. */
export const collectPodRights: Collector<'podRights'> = async c => {
  const { namespace } = c.request.ref;
  let unauthorized: Lack | undefined;
  const may = async (verb: string): Promise<boolean | undefined> => {
    const fact = await askKubernetes(
      c,
      {
        verb: 'create',
        resource: 'selfsubjectaccessreviews',
        group: 'authorization.k8s.io',
      },
      (kubernetes, signal) =>
        kubernetes.canI({ verb, resource: 'pods', namespace }, { signal }),
      c.verify,
    );
    if (!fact.known && fact.lack.unauthorized) unauthorized = fact.lack;
    return fact.known ? fact.value.allowed : undefined;
  };
  if (c.request.probe === 'none') {
    return {
      known: false,
      lack: {
        kind: 'not-in-probe',
        sentence: 'Not asked: this run creates no pod.',
      },
    };
  }
  if (c.request.probe === 'admission') {
    const create = await may('create');
    return unauthorized ? lacking(unauthorized) : known({ create });
  }
  const [create, list, watch, remove] = await Promise.all(
    ['create', 'list', 'watch', 'delete'].map(may),
  );
  return unauthorized
    ? lacking(unauthorized)
    : known({ create, list, watch, delete: remove });
};
