import type {
  AccessProgram,
  EvidenceEvent,
  PodIdentityEvidenceSource,
  SdkInUse,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../async/clock';
import { readRolesWithPolicies, type RoleInAccount } from '../aws/account';
import { listAddonRoles } from '../aws/addon';
import {
  type Association,
  describeAssociation,
  listAssociations,
} from '../aws/association';
import { listOidcProviders } from '../aws/oidcProviders';
import { publicCluster } from '../clusters/publicCluster';
import type { ClusterSession } from '../clusters/types';
import { ageOf, isMeasured, programOf } from '../evidence/sdks';
import { isKubernetesError } from '../kubernetes/errors';
import type { V1Pod } from '../kubernetes/objects';
import type { KubernetesApi, ListPage } from '../kubernetes/types';
import { foreign } from '../text/foreign';
import { lackOfAws, lackOfKubernetes } from '../verification/access/lacks';
import { andThen, NO_KUBERNETES } from '../verification/access/askKubernetes';
import { AGENT_IPV4, AGENT_IPV6 } from '../verification/framework/addresses';
import {
  EKS_MANAGER,
  hasAgent,
  nodeFact,
} from '../verification/agent/agentObjects';
import {
  type Fact,
  known,
  lacking,
  valueOf,
} from '../verification/framework/fact';
import {
  type NetworkPolicyFact,
  WORKLOAD_KINDS,
  type WorkloadKind,
} from '../verification/framework/facts/workloads';
import type { KubernetesRight } from '../verification/framework/rights';
import {
  IRSA_ANNOTATION,
  ownerOf,
  serves,
} from '../verification/workloads/kubernetesWorkload';
import { LISTS } from '../verification/workloads/listing';
import {
  limitsEgress,
  networkPolicyFact,
} from '../verification/workloads/networkPolicies';
import {
  listedWorkload,
  templateOf,
} from '../verification/workloads/workloads';
import type {
  AccessFacts,
  AnnotatedAccount,
  AssociationOfAccount,
  PodsOfAccount,
  SpecsOfAccount,
  UseOfAccount,
} from './facts';
import { addPod, addSpecs, addTemplate, noPods, noSpecs } from './specs';

const AUDIENCE_ANNOTATION = 'eks.amazonaws.com/audience';
/** How far back calls by IRSA are read: sessions last an hour by default, so that every running pod asks within it. */
const USED_WITHIN_MS = 3 * 3_600_000;
/** Pages of 50 events at most: at two a second, the pace of CloudTrail, a person waits for this minute. */
const MOST_PAGES = 120;
/** Sessions of IRSA last so long by default: a search of less may have missed a program that runs. */
const SESSION_MS = 3_600_000;
/** Descriptions of associations that are under way at a time; the pace of the calls is that of the clients. */
const AT_ONCE = 8;

type Templated = [account: string, specs: SpecsOfAccount];

/** What a look at the AWS access of a cluster needs. @public */
export interface AccessRequest {
  session: ClusterSession;
  clock: Clock;
  signal: AbortSignal;
  /** Without it nothing is said of programs and of use. */
  evidence?: PodIdentityEvidenceSource;
  /** Associations that were described already, by `namespace/name`; default: all are listed and described. */
  associations?: ReadonlyMap<string, Association>;
  /** Roles of the account with their policies, that something else reads or has read; how that fails is told, too. */
  roles?:
    | ReadonlyMap<string, RoleInAccount>
    | Promise<ReadonlyMap<string, RoleInAccount>>;
  /** Hears in one sentence what is read next. */
  tell?(what: string): void;
}

/** One map entry, made on first use. */
function entry<T>(map: Map<string, T>, key: string, make: () => T): T {
  let found = map.get(key);
  if (!found) {
    found = make();
    map.set(key, found);
  }
  return found;
}

const nameOf = (namespace = '', name = '') => `${namespace}/${name}`;

/** Asks Kubernetes; an error becomes the lack that names the right. */
async function ask<T>(
  { session, signal }: AccessRequest,
  right: KubernetesRight,
  read: (api: KubernetesApi) => Promise<T>,
): Promise<Fact<T>> {
  if (session.cluster.kubernetes.access === 'none') {
    return lacking(NO_KUBERNETES);
  }
  try {
    return known(await read(await session.kubernetes({ signal })));
  } catch (error) {
    signal.throwIfAborted();
    return lacking(
      lackOfKubernetes(error, right, {
        cluster: session.cluster,
        role: session.role,
        arn: session.cluster.roles[session.role],
      }),
    );
  }
}

/** Asks AWS; an error becomes the lack that names the right. */
async function askAws<T>(
  { session, signal }: AccessRequest,
  right: { action: string; resource: string },
  read: () => Promise<T>,
): Promise<Fact<T>> {
  try {
    return known(await read());
  } catch (error) {
    signal.throwIfAborted();
    return lacking(lackOfAws(error, right, session));
  }
}

/** Lists that expired between two of their pages are read again this often. */
const RESTARTS = 2;

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
      () => api.serviceAccountMetadataPages({ signal: request.signal }),
      () => new Map<string, AnnotatedAccount>(),
      (found, { metadata }) => {
        const annotations = metadata?.annotations ?? {};
        const roleArn = annotations[IRSA_ANNOTATION];
        if (!roleArn) return;
        const audience = annotations[AUDIENCE_ANNOTATION];
        const writers = metadata?.managedFields ?? [];
        found.set(nameOf(metadata?.namespace, metadata?.name), {
          roleArn: foreign(roleArn),
          ...(audience ? { audience: foreign(audience) } : {}),
          byEks: writers.some(({ manager }) => manager === EKS_MANAGER),
        });
      },
    ),
  );

const isReady = ({ status }: V1Pod) =>
  (status?.conditions ?? []).some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  );

/** The NetworkPolicies that limit where pods may go, by namespace. */
const policies = (
  request: AccessRequest,
  ipFamily: string | undefined,
): Promise<Fact<Map<string, NetworkPolicyFact[]>>> => {
  const address = ipFamily === 'ipv6' ? AGENT_IPV6 : AGENT_IPV4;
  const right = {
    verb: 'list',
    resource: 'networkpolicies',
    group: 'networking.k8s.io',
  };
  return ask(request, right, api =>
    folded(
      () => api.networkPolicyPages({ signal: request.signal }),
      () => new Map<string, NetworkPolicyFact[]>(),
      (found, policy) => {
        if (!limitsEgress(policy.spec)) return;
        const namespace = policy.metadata?.namespace ?? '';
        entry(found, namespace, () => []).push(
          networkPolicyFact(policy, address),
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
      () => api.podPages({ signal: request.signal }),
      () => ({
        of: new Map<string, PodsOfAccount>(),
        agents: new Set<string>(),
        policies: andThen(limiting, () => true as const),
      }),
      ({ of, agents }, pod) => {
        const { metadata, spec } = pod;
        if (spec?.nodeName && hasAgent(spec.containers) && isReady(pod)) {
          agents.add(spec.nodeName);
        }
        if (!serves(pod)) return;
        const account = nameOf(metadata?.namespace, spec?.serviceAccountName);
        const here = valueOf(limiting)?.get(metadata?.namespace ?? '') ?? [];
        addPod(entry(of, account, noPods), pod, ownerOf(pod), here);
      },
    ),
  );

/** The templates of every kind that may be listed. */
async function templates(
  request: AccessRequest,
): Promise<AccessFacts['templates']> {
  const of = new Map<string, SpecsOfAccount>();
  const unseen: WorkloadKind[] = [];
  for (const kind of WORKLOAD_KINDS) {
    const { resource } = LISTS[kind];
    const read = await ask(request, { verb: 'list', ...LISTS[kind] }, api =>
      folded(
        () => api.workloadPages(resource, { signal: request.signal }),
        () => [] as Templated[],
        (found, object) => {
          const listed = listedWorkload(kind, object);
          const template = templateOf(object);
          // A CronJob has the same template, and a name that stays.
          if (!listed || !template || listed.one.controller) return;
          const account = nameOf(
            object.metadata?.namespace,
            listed.one.serviceAccount,
          );
          const specs = noSpecs();
          addTemplate(specs, listed.one, template);
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
    unseen.push(kind);
    const isLast = unseen.length === WORKLOAD_KINDS.length;
    if (read.lack.kind !== 'denied' || isLast) return read;
  }
  return known({ of, unseen });
}

const nodes = (request: AccessRequest): Promise<AccessFacts['nodes']> =>
  ask(request, { verb: 'list', resource: 'nodes' }, async api => {
    const found = await api.listNodes({ signal: request.signal });
    return new Map(
      found
        .map(nodeFact)
        .map(({ name, os, computeType }) => [name, { name, os, computeType }]),
    );
  });

const toAccount = (one: Association): AssociationOfAccount => ({
  roleArn: one.roleArn,
  sessionTags: !one.disableSessionTags,
});

async function describeAll(
  { session, signal }: AccessRequest,
  listed: Awaited<ReturnType<typeof listAssociations>>,
): Promise<Map<string, AssociationOfAccount>> {
  const found = new Map<string, AssociationOfAccount>();
  const waiting = [...listed];
  const worker = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const id = one.associationId ?? '';
      const described = await describeAssociation(session, id, signal);
      if (!described) continue;
      const account = nameOf(one.namespace, one.serviceAccount);
      found.set(account, toAccount(described));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found;
}

async function associations(
  request: AccessRequest,
): Promise<AccessFacts['associations']> {
  const { session, signal } = request;
  if (request.associations) {
    return known(
      new Map(
        [...request.associations].map(([key, one]) => [key, toAccount(one)]),
      ),
    );
  }
  return askAws(
    request,
    {
      action: 'eks:ListPodIdentityAssociations',
      resource: session.cluster.arn,
    },
    async () =>
      describeAll(request, await listAssociations(session, {}, signal)),
  );
}

const providers = (request: AccessRequest): Promise<AccessFacts['providers']> =>
  askAws(
    request,
    { action: 'iam:ListOpenIDConnectProviders', resource: '*' },
    () => listOidcProviders(request.session, request.signal),
  );

const addons = (request: AccessRequest): Promise<AccessFacts['addons']> =>
  askAws(
    request,
    { action: 'eks:ListAddons', resource: request.session.cluster.arn },
    async () => {
      const found = await listAddonRoles(request.session, request.signal);
      return new Map(
        found.flatMap(({ name, roleArn }): [string, string][] =>
          roleArn ? [[roleArn, name]] : [],
        ),
      );
    },
  );

const roles = (request: AccessRequest): Promise<AccessFacts['roles']> =>
  askAws(
    request,
    { action: 'iam:GetAccountAuthorizationDetails', resource: '*' },
    async () => {
      const read = await (request.roles ??
        readRolesWithPolicies(request.session, request.signal));
      return new Map(
        [...read].map(([arn, { role, mayAssume = true }]) => [
          arn,
          { role, mayAssume },
        ]),
      );
    },
  );

/** `payments/api` of `system:serviceaccount:payments:api`. */
const accountOf = (subject: string) => subject.split(':').slice(2).join('/');

/** The program of an event, as the table of SDKs knows it. */
function programIn(sdk: SdkInUse | undefined, lastAt: string): AccessProgram {
  const row = programOf(sdk?.name);
  if (!sdk || !row) return { age: 'unknown', lastAt };
  const { name, version } = sdk;
  const minimum = row.works ?? row.aws;
  const age = ageOf(row, version);
  // AWS's table counts where no measurement says otherwise.
  const isOfTable = age === 'unknown' && version && /^\d/.test(row.aws ?? '');
  const works = age === 'works' || isMeasured(row, version) || isOfTable;
  const otherwise = works ? 'works' : 'unknown';
  return {
    name,
    ...(version ? { version } : {}),
    age: age === 'too-old' ? age : otherwise,
    ...(minimum ? { minimum } : {}),
    lastAt,
  };
}

/** Adds one call by IRSA. AWS writes the program of a refused one, too. */
function addUse(
  of: Map<string, UseOfAccount>,
  { by, at, sdk, denied, error }: EvidenceEvent,
  issuer: string | undefined,
): void {
  if (by.kind !== 'irsa' || by.issuer !== issuer) return;
  const seen = entry<UseOfAccount>(of, accountOf(by.subject), () => ({
    programs: [],
  }));
  const later = (one: string | undefined) => (one && one > at ? one : at);
  if (denied || error) seen.refusedAt = later(seen.refusedAt);
  else seen.lastAt = later(seen.lastAt);
  const program = programIn(sdk, at);
  const before = seen.programs.find(
    one => one.name === program.name && one.version === program.version,
  );
  if (before) before.lastAt = later(before.lastAt);
  else seen.programs.push(program);
}

/** Who of the cluster asked for a role by IRSA, and with which program. */
async function use(
  request: AccessRequest,
  issuer: string | undefined,
): Promise<AccessFacts['use']> {
  const { evidence, session, signal, clock } = request;
  if (!evidence) {
    return lacking({
      kind: 'not-in-probe',
      sentence: 'What CloudTrail recorded is not read here.',
    });
  }
  const until = new Date(clock.now());
  const from = new Date(clock.now() - USED_WITHIN_MS);
  const of = new Map<string, UseOfAccount>();
  let since = from.toISOString();
  let isCut = false;
  let pages = 0;
  try {
    for await (const page of evidence.read({
      cluster: publicCluster(session.cluster),
      question: { eventName: 'AssumeRoleWithWebIdentity' },
      from,
      until,
      signal,
    })) {
      page.forEach(event => addUse(of, event, issuer));
      pages += 1;
      if (pages < MOST_PAGES) continue;
      since = page.at(-1)?.at ?? since;
      isCut = Date.parse(since) > until.getTime() - SESSION_MS;
      break;
    }
  } catch (error) {
    signal.throwIfAborted();
    const { name, message } = error as Error;
    return lacking({
      kind: name === 'NotAllowedError' ? 'denied' : 'unreachable',
      sentence: foreign(message),
    });
  }
  return known({ of, since, isCut });
}

/** Reads everything that the rows of a cluster are judged by. Nothing is written, and no call is made twice. */
export async function collectAccess(
  request: AccessRequest,
): Promise<AccessFacts> {
  const { session, signal, tell = () => {} } = request;
  const { id, name, arn, accountId, partition, region } = session.cluster;
  tell('Reading the cluster');
  const described = await session.describeCluster({ signal });
  const issuer = described.identity?.oidc?.issuer?.replace(/^https:\/\//, '');
  const inOrder = async () => {
    // One after the other, because each list may be long.
    tell('Reading service accounts, pods and workloads');
    const annotated = await annotatedAccounts(request);
    const { ipFamily } = described.kubernetesNetworkConfig ?? {};
    const pods = await runningPods(request, await policies(request, ipFamily));
    return {
      annotated,
      pods,
      templates: await templates(request),
      nodes: await nodes(request),
    };
  };
  const ofAws = async () => ({
    associations: await associations(request),
    addons: await addons(request),
    providers: await providers(request),
    roles: await roles(request),
  });
  const [fromKubernetes, fromAws, used] = await Promise.all([
    inOrder(),
    ofAws(),
    use(request, issuer),
  ]);
  return {
    cluster: {
      id,
      name,
      arn,
      accountId,
      partition,
      region,
      ...(issuer ? { issuer } : {}),
    },
    ...fromKubernetes,
    ...fromAws,
    use: used,
  };
}
