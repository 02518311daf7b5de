import { sourceOf } from '../identity/deployer';
import { isKubernetesError } from '../kubernetes/errors';
import type { ListPage } from '../kubernetes/types';
import { foreign } from '../text/foreign';
import { andThen } from '../verification/access/askKubernetes';
import {
  EKS_MANAGER,
  hasAgent,
  nodeFact,
  readyCondition,
} from '../verification/agent/agentObjects';
import { groupOf } from '../verification/agent/nodeGroups';
import {
  type Fact,
  known,
  type Lack,
  valueOf,
} from '../verification/framework/fact';
import {
  type NetworkPolicyFact,
  WORKLOAD_KINDS,
  type WorkloadKind,
} from '../verification/framework/facts/workloads';
import {
  hasEnded,
  IRSA_ANNOTATION,
  ownerOf,
  serves,
} from '../verification/workloads/kubernetesWorkload';
import type { SweepLists } from '../verification/sweep/SweepLists';
import { LISTS } from '../verification/workloads/listing';
import {
  limitsEgress,
  networkPolicyFact,
} from '../verification/workloads/networkPolicies';
import {
  listedWorkload,
  templateOf,
} from '../verification/workloads/workloads';
import { type AccessRequest, ask, entry, nameOf } from './asking';
import type {
  AccessFacts,
  AnnotatedAccount,
  PodsOfAccount,
  SpecsOfAccount,
} from './facts';
import {
  addEnded,
  addPod,
  addSpecs,
  addTemplate,
  noPods,
  noSpecs,
} from './specs';

const AUDIENCE_ANNOTATION = 'eks.amazonaws.com/audience';
const REGIONAL_STS_ANNOTATION = 'eks.amazonaws.com/sts-regional-endpoints';

type Templated = [account: string, specs: SpecsOfAccount];

/** Lists that expired between two of their pages are read again this often. */
const RESTARTS = 2;

/** Pages of a list of the whole cluster, of which a sweep beside the look takes its part. */
const passing =
  (request: AccessRequest): SweepLists['passing'] =>
  (resource, pages) =>
    request.lists?.passing(resource, pages) ?? pages;

/** Folds a paged list into what is kept of it, so that no more than a page is held. */
async function folded<T, Kept>(
  pages: () => AsyncIterable<ListPage<T>>,
  make: () => Kept,
  see: (kept: Kept, one: T) => void,
): Promise<Kept> {
  for (let restarts = 0; ; restarts += 1) {
    const kept = make();
    try {
      for await (const { items } of pages()) {
        items.forEach(one => see(kept, one));
      }
      return kept;
    } catch (error) {
      if (!isKubernetesError(error, 'gone') || restarts >= RESTARTS)
        throw error;
    }
  }
}

const annotatedAccounts = (request: AccessRequest) =>
  ask(request, { verb: 'list', resource: 'serviceaccounts' }, api =>
    folded(
      () =>
        passing(request)(
          'serviceaccounts',
          api.serviceAccountMetadataPages({ signal: request.signal }),
        ),
      () => new Map<string, AnnotatedAccount>(),
      (found, { metadata }) => {
        const annotations = metadata?.annotations ?? {};
        const roleArn = annotations[IRSA_ANNOTATION];
        if (!roleArn) return;
        const audience = annotations[AUDIENCE_ANNOTATION];
        const writers = metadata?.managedFields ?? [];
        const source = sourceOf({ metadata });
        found.set(nameOf(metadata?.namespace, metadata?.name), {
          roleArn: foreign(roleArn),
          ...(audience ? { audience: foreign(audience) } : {}),
          ...(annotations[REGIONAL_STS_ANNOTATION] === 'false'
            ? { globalSts: true }
            : {}),
          byEks: writers.some(({ manager }) => manager === EKS_MANAGER),
          ...(metadata?.resourceVersion
            ? { resourceVersion: metadata.resourceVersion }
            : {}),
          ...(source ? { source } : {}),
        });
      },
    ),
  );

/** The NetworkPolicies that limit where pods may go, by namespace. */
const policies = (
  request: AccessRequest,
  agentAddress: string,
): Promise<Fact<Map<string, NetworkPolicyFact[]>>> => {
  const right = {
    verb: 'list',
    resource: 'networkpolicies',
    group: 'networking.k8s.io',
  };
  return ask(request, right, api =>
    folded(
      () =>
        passing(request)(
          'networkpolicies',
          api.networkPolicyPages({ signal: request.signal }),
        ),
      () => new Map<string, NetworkPolicyFact[]>(),
      (found, policy) => {
        if (!limitsEgress(policy.spec)) return;
        const namespace = policy.metadata?.namespace ?? '';
        entry(found, namespace, () => []).push(
          networkPolicyFact(policy, agentAddress),
        );
      },
    ),
  );
};

const runningPods = (
  request: AccessRequest,
  limiting: Fact<ReadonlyMap<string, NetworkPolicyFact[]>>,
): Promise<AccessFacts['pods']> =>
  ask(request, { verb: 'list', resource: 'pods' }, api =>
    folded(
      () => passing(request)('pods', api.podPages({ signal: request.signal })),
      () => ({
        of: new Map<string, PodsOfAccount>(),
        agents: new Set<string>(),
        policies: andThen(limiting, () => true as const),
      }),
      ({ of, agents }, pod) => {
        const { metadata, spec } = pod;
        if (
          spec?.nodeName &&
          hasAgent(spec.containers) &&
          readyCondition(pod)
        ) {
          agents.add(spec.nodeName);
        }
        const add = serves(pod) ? addPod : hasEnded(pod) && addEnded;
        if (!add) return;
        const account = nameOf(metadata?.namespace, spec?.serviceAccountName);
        const here = valueOf(limiting)?.get(metadata?.namespace ?? '') ?? [];
        add(entry(of, account, noPods), pod, ownerOf(pod), here);
      },
    ),
  );

/** The templates of every kind that may be listed. */
async function templates(
  request: AccessRequest,
): Promise<AccessFacts['templates']> {
  const of = new Map<string, SpecsOfAccount>();
  const unseen = new Map<WorkloadKind, Lack>();
  for (const kind of WORKLOAD_KINDS) {
    const { resource } = LISTS[kind];
    const read = await ask(request, { verb: 'list', ...LISTS[kind] }, api =>
      folded(
        () =>
          passing(request)(
            resource,
            api.workloadPages(resource, { signal: request.signal }),
          ),
        () => [] as Templated[],
        (found, object) => {
          const listed = listedWorkload(kind, object);
          const template = templateOf(object);
          // A CronJob has the same template, and a name that stays.
          if (!listed || !template || listed.one.controller) return;
          const { namespace = '' } = object.metadata ?? {};
          const account = nameOf(namespace, listed.one.serviceAccount);
          const specs = noSpecs();
          addTemplate(specs, listed.one, template, namespace);
          found.push([account, specs]);
        },
      ),
    );
    if (read.known) {
      for (const [account, specs] of read.value) {
        addSpecs(entry(of, account, noSpecs), specs);
      }
      continue;
    }
    unseen.set(kind, read.lack);
    const isLast = unseen.size === WORKLOAD_KINDS.length;
    if (read.lack.kind !== 'denied' || isLast) return read;
  }
  return known({ of, unseen });
}

async function nodes(request: AccessRequest): Promise<AccessFacts['nodes']> {
  const { lists, signal } = request;
  const read = await ask(
    request,
    { verb: 'list', resource: 'nodes' },
    async api => (await api.listNodes({ signal })).map(nodeFact),
  );
  if (lists) lists.nodes = valueOf(read);
  return andThen(
    read,
    found =>
      new Map(
        found.map(node => {
          const { name, os, computeType, instanceId } = node;
          const group = groupOf(node);
          return [name, { name, os, computeType, instanceId, group }];
        }),
      ),
  );
}

/** What the cluster says of its service accounts. One list after the other, because each may be long. */
export async function collectFromKubernetes(
  request: AccessRequest,
  agentAddress: string,
): Promise<Pick<AccessFacts, 'annotated' | 'pods' | 'templates' | 'nodes'>> {
  const annotated = await annotatedAccounts(request);
  const limiting = await policies(request, agentAddress);
  // Before the pods and not after them: a node that joined later would count as one without an agent
  const ofNodes = await nodes(request);
  const pods = await runningPods(request, limiting);
  const ofTemplates = await templates(request);
  request.lists?.endPassing();
  return { annotated, pods, templates: ofTemplates, nodes: ofNodes };
}
