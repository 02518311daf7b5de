import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { inlinePoliciesOf, type RolesOfAccount } from '../../aws/account';
import { needsAgent } from '../agent/agentObjects';
import { clusterFact } from '../cluster/awsCluster';
import { nodegroupsInUse } from '../cluster/awsNodegroups';
import { known, lacking } from '../framework/fact';
import { Memo } from '../../async/memo';
import type { Association } from '../../aws/association';
import type { FactName, FactTypes } from '../framework/facts';
import type {
  AskedFact,
  FactProvider,
  FactProviders,
} from '../framework/request';
import { podsOfAgent, setsOfAgent } from './passedAgent';
import type { SweepLists } from './SweepLists';

/** Collected for the first ref and shared by all. */
function shared<N extends FactName>(provide: FactProvider<N>): FactProvider<N> {
  let answer: ReturnType<FactProvider<N>> | undefined;
  return asked => (answer ??= provide(asked));
}

/** Agent coverage of a cluster in the last sweep. @public */
export interface AgentState {
  /** Version of the add-on, `self-managed` or `built-in`. */
  version?: string;
  ready: number;
  needed: number;
}

/** Facts for a sweep, and the agent coverage derived from them. */
export interface SweepFacts {
  known: FactProviders;
  /** Undefined where the agent was not read or could not be read. */
  agent(): AgentState | undefined;
  /** Why the Kubernetes API gave no answer, in a sentence; undefined if it answered every call. */
  unreached(): string | undefined;
}

/** Facts that a sweep reads once for all refs of a cluster; others are collected as in any run. @public */
export function presetFacts(seen: {
  /** Described associations, by ref as text; one that is put in later counts from then on. */
  associations: ReadonlyMap<string, Association>;
  /** Every ref that has one, as text. */
  listed: ReadonlySet<string>;
  roles: RolesOfAccount;
  /** Of the refs that will be asked about. Others may be asked about too. */
  lists: SweepLists;
}): SweepFacts {
  const { roles } = seen;
  const noted: Partial<FactTypes> = {};
  const noting =
    <N extends FactName>(
      name: N,
      provide: FactProvider<N> = asked => asked.collect(),
    ): FactProvider<N> =>
    async asked => {
      const fact = await provide(asked);
      if (fact.known) noted[name] = fact.value;
      return fact;
    };
  let unreached: string | undefined;
  const reaching =
    <N extends FactName>(provide: FactProvider<N>): FactProvider<N> =>
    async asked => {
      const fact = await provide(asked);
      if (!fact.known && fact.lack.kind === 'unreachable') {
        unreached ??= fact.lack.sentence;
      }
      return fact;
    };
  const kubernetes = seen.lists.facts;
  // Once for both: a look that still goes on may end its list of pods between the two
  const { agents } = seen.lists;
  const providers: FactProviders = {
    cluster: shared(
      noting('cluster', async asked => {
        const described = await seen.lists.cluster?.catch(() => undefined);
        return described
          ? known(clusterFact(described, asked.read.cluster))
          : asked.collect();
      }),
    ),
    addon: shared(noting('addon')),
    nodegroups: shared(nodegroupsInUse),
    nodeRoles: shared(one => one.collect()),
    nodes: shared(
      reaching(
        noting('nodes', async asked =>
          agents ? known(agents.nodes) : asked.collect(),
        ),
      ),
    ),
    agentDaemonSets: shared(
      reaching(
        noting('agentDaemonSets', asked =>
          setsOfAgent(asked, seen.lists.agentDaemonSets),
        ),
      ),
    ),
    agentPods: shared(
      reaching(noting('agentPods', asked => podsOfAgent(asked, agents?.pods))),
    ),
    webhook: shared(reaching(one => one.collect())),
    namespace: reaching(kubernetes.namespace),
    networkPolicies: reaching(kubernetes.networkPolicies),
    pods: reaching(kubernetes.pods),
    workloads: reaching(kubernetes.workloads),
    serviceAccount: reaching(kubernetes.serviceAccount),
    association: async c => {
      const ref = stringifyServiceAccountRef(c.ref);
      const association = seen.associations.get(ref);
      if (association) return known(association);
      return seen.listed.has(ref) ? c.collect() : known(null);
    },
    ownDryRuns: async () =>
      lacking({
        kind: 'not-in-probe',
        sentence: 'Not checked: a sweep tries no pods of workloads.',
      }),
    // It would need all pods of each namespace once more.
    strays: async () =>
      lacking({
        kind: 'not-in-probe',
        sentence: 'Not checked: a sweep reads pods by their service account.',
      }),
    failedPods: async () =>
      lacking({
        kind: 'not-in-probe',
        sentence: 'Not checked: a sweep reads no pods that have ended.',
      }),
    // Suggested names are for a person who asks; a sweep has none.
    nearby: async () => known([]),
  };
  if (roles) {
    const others = new Memo<string, ReturnType<FactProvider<'role'>>>();
    providers.role = async c => {
      const association = await c.get('association');
      const arn = association.known && association.value?.roleArn;
      const found = arn ? roles.get(arn) : undefined;
      if (found) return known(found.role);
      // It may be younger than what was read of the account
      return arn ? others.get(arn, () => c.collect()) : c.collect();
    };
    const ofAccount = async (c: Pick<AskedFact<FactName>, 'get'>) => {
      const role = await c.get('role');
      return role.known && role.value ? roles.get(role.value.arn) : undefined;
    };
    providers.rolePolicies = async c => {
      const found = await ofAccount(c);
      return found ? known(found.policies) : c.collect();
    };
    providers.inlinePolicies = async c => {
      const found = await ofAccount(c);
      const policies = found && inlinePoliciesOf(found);
      return policies ? known(policies) : c.collect();
    };
  } else {
    const byRole = <N extends FactName>(): FactProvider<N> => {
      const read = new Memo<string, ReturnType<FactProvider<N>>>();
      return async c => {
        const association = await c.get('association');
        const arn = association.known && association.value?.roleArn;
        return arn ? read.get(arn, () => c.collect()) : c.collect();
      };
    };
    providers.role = byRole();
    providers.rolePolicies = byRole();
    providers.inlinePolicies = byRole();
  }
  return {
    known: providers,
    agent: () => agentState(noted),
    unreached: () => unreached,
  };
}

function agentState(noted: Partial<FactTypes>): AgentState | undefined {
  const { addon, agentDaemonSets, agentPods, nodes, cluster } = noted;
  if (!nodes || !agentPods) return undefined;
  const needing = nodes.filter(needsAgent);
  const ready = new Set(
    agentPods.filter(pod => pod.ready).map(pod => pod.nodeName),
  );
  let version = addon?.version;
  if (!version && agentDaemonSets?.length) version = 'self-managed';
  if (!version && cluster?.autoMode) version = 'built-in';
  return {
    version,
    ready: needing.filter(node => ready.has(node.name)).length,
    needed: needing.length,
  };
}
