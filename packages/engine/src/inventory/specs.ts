import { type Replacing, takesEffect } from '../kubernetes/replacing';
import type { V1Pod, V1PodTemplateSpec } from '../kubernetes/objects';
import {
  type CarriedFact,
  type ContainerFact,
  type NetworkPolicyFact,
  type PodFact,
  type WorkloadFact,
  WORKLOAD_KINDS,
} from '../verification/framework/facts/workloads';
import { isSessionName } from '../iam/sessionNames';
import { timeOf } from '../verification/agent/agentObjects';
import { undoneBy } from '../verification/framework/render';
import { counts } from '../verification/framework/workloadsOf';
import { secretsOf } from '../verification/probe/environment';
import { injectionOf } from '../verification/probe/injection';
import { settingsOf } from '../verification/probe/settings';
import { limitsOf } from '../verification/workloads/networkPolicies';
import { takeOutOf } from '../verification/workloads/shadowed';
import { entry } from './asking';
import type { PodsOfAccount, SpecsOfAccount, WorkloadOfAccount } from './facts';

/** `legacy` asks the global endpoint, from regions that are on by default ("AWS STS Regional endpoints", SDK reference). */
const STS_ENDPOINTS = 'AWS_STS_REGIONAL_ENDPOINTS';
/** The name of sessions by IRSA, which Pod Identity does not read. */
const SESSION_NAME = 'AWS_ROLE_SESSION_NAME';
const KUBE2IAM_ANNOTATION = 'iam.amazonaws.com/role';
/** Providers that know web identity alone, as settings of Java and Spark programs name them. */
const PINNED = /\bWebIdentityToken(File)?CredentialsProvider\b/;
/** Others to which a chain of providers goes on. */
const FURTHER =
  /\b(Default(AWS)?CredentialsProvider(Chain)?|(EC2)?ContainerCredentialsProvider(Wrapper)?)\b/;
/** Kinds whose pods are made again when they are replaced. */
const MADE_AGAIN: readonly string[] = [...WORKLOAD_KINDS, 'ReplicaSet'];

/** A workload as it is listed. */
type Templated = Replacing &
  Pick<WorkloadFact, 'kind' | 'name' | 'source' | 'template'>;

/** `Job sync-29402100`, and `CronJob sync`, which made it if one did: it gives each the number of its minute. */
export function keysOf({
  kind,
  name,
}: Pick<WorkloadOfAccount, 'kind' | 'name'>): string[] {
  const cron = kind === 'Job' && /^(.+)-\d+$/.exec(name)?.[1];
  return [`${kind} ${name}`, ...(cron ? [`CronJob ${cron}`] : [])];
}

export const SETS = [
  'byHand',
  'keys',
  'secrets',
  'keySecrets',
  'kube2iam',
  'pinned',
  'sessionNames',
] as const;

export const noSpecs = (): SpecsOfAccount => ({
  workloads: new Map(),
  byHand: new Set(),
  keys: new Set(),
  secrets: new Set(),
  keySecrets: new Set(),
  keyless: 0,
  kube2iam: new Set(),
  pinned: new Set(),
  sessionNames: new Set(),
  hostNetwork: false,
  globalSts: false,
});

export const noPods = (): PodsOfAccount => ({
  ...noSpecs(),
  count: 0,
  bare: 0,
  onIrsa: new Map(),
  nodes: new Map(),
  roads: new Map(),
  roadless: new Map(),
  barredBy: new Set(),
  ended: new Map(),
});

/** The variables of IRSA that do not come from the webhook: they have a remedy in the template. */
const isByHand = ({ what, remedy }: CarriedFact) =>
  what === 'irsa' && remedy !== undefined;

const isByWebhook = ({ what, remedy }: CarriedFact) =>
  what === 'irsa' && remedy === undefined;

/** Keys that the spec shows; whether a Secret holds them whose name alone says so is not known. */
const isKeys = ({ what, likely, bySecretName }: CarriedFact) =>
  likely &&
  !bySecretName &&
  ['keys', 'java-properties', 'home-files'].includes(what);

/** Nothing in the container leads to AWS, so that its SDK would ask the metadata of the node. */
const isRoadless = ({
  carried,
  injected,
  foreignCredentialsUri,
}: ContainerFact) =>
  !injected &&
  !foreignCredentialsUri &&
  !carried.some(one => one.what === 'irsa' || isKeys(one));

function addContainer(to: SpecsOfAccount, container: ContainerFact): void {
  const keys = container.carried.filter(isKeys);
  for (const { said } of keys) to.keys.add(said);
  if (keys.length === 0) to.keyless += 1;
  for (const one of container.carried.filter(isByHand)) to.byHand.add(one.said);
  if (container.proxied === 'yes') to.proxied = 'yes';
  if (container.proxied === 'unseen') to.proxied ??= 'unseen';
}

/** Pods of one workload may have different templates: the most containers count. */
export function addWorkload(
  to: Pick<SpecsOfAccount, 'workloads'>,
  workload: WorkloadOfAccount,
): void {
  const key = `${workload.kind} ${workload.name}`;
  const before = to.workloads.get(key);
  to.workloads.set(key, {
    ...before,
    ...workload,
    containers: Math.max(before?.containers ?? 0, workload.containers),
  });
}

/** How to take keys out of a template; undefined where it has none. */
function keysTakenOut(
  { source, template, ...how }: Templated,
  namespace: string,
): WorkloadOfAccount['takeOut'] {
  const containers = template.containers.map(one => ({
    ...one,
    carried: one.carried.filter(isKeys),
  }));
  const keys = containers.flatMap(({ carried }) => carried);
  if (keys.length === 0) return undefined;
  const { owner } = template;
  const { commands } = takeOutOf(
    { ...template, containers },
    undefined,
    namespace,
  );
  const remedies = new Set(keys.flatMap(({ remedy }) => remedy ?? []));
  const reached = takesEffect(owner, how);
  return {
    commands,
    actions: [
      ...(commands.length
        ? []
        : [
            `Take ${[...remedies].join(', ')} out of the pod template of ${
              owner.kind
            } ${owner.name} and roll it out.`,
          ]),
      ...(reached ? [reached] : []),
      ...(source ? [undoneBy(source, owner)] : []),
    ],
  };
}

/** What one pod of a workload, or its template, says. */
function addSpec(
  to: SpecsOfAccount,
  { metadata, spec }: V1Pod | V1PodTemplateSpec,
  workload: { kind: string; name: string },
  containers: readonly ContainerFact[],
): void {
  const counting = containers.filter(counts);
  addWorkload(to, {
    kind: workload.kind,
    name: workload.name,
    containers: counting.length,
  });
  to.hostNetwork ||= spec?.hostNetwork === true;
  const role = metadata?.annotations?.[KUBE2IAM_ANNOTATION];
  if (role) to.kube2iam.add(role);
  counting.forEach(one => addContainer(to, one));
  for (const container of spec?.containers ?? []) {
    const { all, ofAws } = secretsOf(container);
    all.forEach(one => to.secrets.add(one));
    ofAws.forEach(one => to.keySecrets.add(one));
    const { commandLine, names, of } = settingsOf(container);
    const valueOf = (name: string) => {
      const setting = of(name);
      return setting && setting !== 'elsewhere' ? [setting.value] : [];
    };
    to.globalSts ||= valueOf(STS_ENDPOINTS).includes('legacy');
    const named = of(SESSION_NAME);
    if (named) {
      const name = named === 'elsewhere' ? '' : named.value;
      to.sessionNames.add(isSessionName(name) ? name : '');
    }
    const texts = names.flatMap(valueOf);
    const pins = [commandLine, ...texts].filter(text => PINNED.test(text));
    if (pins.some(text => !FURTHER.test(text))) {
      to.pinned.add(`container ${container.name}`);
    }
  }
}

/** Adds what other specs of the same service account say. */
export function addSpecs(to: SpecsOfAccount, from: SpecsOfAccount): void {
  for (const what of SETS) from[what].forEach(one => to[what].add(one));
  from.workloads.forEach(one => addWorkload(to, one));
  to.keyless += from.keyless;
  to.hostNetwork ||= from.hostNetwork;
  to.globalSts ||= from.globalSts;
  if (from.proxied === 'yes') to.proxied = 'yes';
  to.proxied ??= from.proxied;
}

/** Adds a template. */
export function addTemplate(
  to: SpecsOfAccount,
  workload: Templated,
  template: V1PodTemplateSpec,
  namespace: string,
): void {
  const { kind, name, paused, strategy, partition } = workload;
  addSpec(to, template, workload, workload.template.containers);
  const takeOut = keysTakenOut(workload, namespace);
  const byHand = workload.template.containers.some(one =>
    one.carried.some(isByHand),
  );
  addWorkload(to, {
    kind,
    name,
    containers: 0,
    replacing: { paused, strategy, partition },
    ...(byHand ? { byHand } : {}),
    ...(takeOut ? { takeOut } : {}),
  });
}

function addLimits(
  to: PodsOfAccount,
  { metadata, spec }: V1Pod,
  among: readonly NetworkPolicyFact[],
): void {
  const { hostNetwork = false } = spec ?? {};
  const pod = { hostNetwork, labels: metadata?.labels ?? {} };
  const { noAgent, policies } = limitsOf(pod, among);
  if (noAgent) policies.forEach(one => to.barredBy.add(one.name));
}

/** Adds a pod that has ended, as far as it tells where the next one will run: that of a Job. */
export function addEnded(
  to: PodsOfAccount,
  pod: V1Pod,
  { kind, name }: PodFact['owner'],
  policies: readonly NetworkPolicyFact[],
): void {
  const node = pod.spec?.nodeName;
  if (kind !== 'Job' || !node) return;
  const at = timeOf(pod.metadata?.creationTimestamp) ?? 0;
  const byPodIdentity =
    pod.status?.phase === 'Succeeded' &&
    injectionOf(pod).some(one => one.kind !== 'init' && one.injected)
      ? { byPodIdentity: true as const }
      : {};
  for (const key of keysOf({ kind, name })) {
    const before = to.ended.get(key);
    if (before?.job === name) {
      before.at = Math.max(before.at, at);
      before.nodes.add(node);
      Object.assign(before, byPodIdentity);
    } else if (!before || at > before.at) {
      const nodes = new Set([node]);
      to.ended.set(key, { job: name, at, nodes, ...byPodIdentity });
    }
  }
  addLimits(to, pod, policies);
}

/** Adds a running pod, which policies of its namespace may limit. */
export function addPod(
  to: PodsOfAccount,
  pod: V1Pod,
  owner: PodFact['owner'],
  policies: readonly NetworkPolicyFact[],
): void {
  const containers = injectionOf(pod);
  const node = pod.spec?.nodeName ?? '';
  to.count += 1;
  if (!MADE_AGAIN.includes(owner.kind)) to.bare += 1;
  to.nodes.set(node, (to.nodes.get(node) ?? 0) + 1);
  const { kind, name } = owner;
  const onIrsa = containers.filter(({ carried }) => carried.some(isByWebhook));
  const roads = entry(to.roads, `${kind} ${name}`, () => ({
    pods: 0,
    irsa: 0,
    podIdentity: 0,
  }));
  roads.pods += 1;
  if (onIrsa.length > 0) {
    roads.irsa += 1;
    const held = entry(to.onIrsa, `${kind} ${name}`, () => ({
      kind,
      name,
      pods: 0,
      roles: new Set<string>(),
    }));
    held.pods += 1;
    onIrsa.forEach(({ irsaRoleArn = '' }) => held.roles.add(irsaRoleArn));
  } else if (
    pod.status?.phase === 'Running' &&
    containers.filter(counts).some(({ injected }) => injected)
  ) {
    roads.podIdentity += 1;
  }
  addLimits(to, pod, policies);
  addSpec(to, pod, owner, containers);
  const isBareOfRoads =
    !pod.metadata?.annotations?.[KUBE2IAM_ANNOTATION] &&
    containers.filter(counts).some(isRoadless);
  if (isBareOfRoads && node) {
    const pods = entry(to.roadless, `${kind} ${name}`, () => ({
      kind,
      name,
      hostNetwork: false,
      nodes: new Map<string, number>(),
    }));
    pods.hostNetwork ||= pod.spec?.hostNetwork === true;
    pods.nodes.set(node, (pods.nodes.get(node) ?? 0) + 1);
  }
}
