import {
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { RolesOfAccount } from '../../aws/account';
import type { Collector, Collectors } from '../facts/collecting';
import { collectors } from '../facts/collectors';
import { known } from '../facts/fact';
import { Memo } from '../../async/memo';
import type { Association } from '../../aws/association';
import type { FactName, FactTypes } from '../facts/types';
import { kubernetesView } from './kubernetesView';

/** Collected for the first ref that asks, and for every other of the same key. */
function shared<N extends FactName>(
  collect: Collector<N>,
  key: (ref: ServiceAccountRef) => string = () => '',
): Collector<N> {
  const answers = new Memo<string, ReturnType<Collector<N>>>();
  return collecting =>
    answers.get(key(collecting.request.ref), () => collect(collecting));
}

/** How well the agent covers a cluster, as the last sweep saw it. */
export interface AgentState {
  /** Version of the add-on, `self-managed` or `built-in`. */
  version?: string;
  ready: number;
  needed: number;
}

/** Facts for a sweep, and what they told about the agent. */
export interface SweepFacts {
  preset: Partial<Collectors>;
  /** Undefined where nothing was asked, or nobody could look. */
  agent(): AgentState | undefined;
  /** Why the Kubernetes API gave no answer, in a sentence; undefined where it answered all that was asked. */
  unreached(): string | undefined;
}

/** What one sweep of a cluster knows for all refs at once; what is left out is collected as in any other run. */
export function presetFacts(seen: {
  /** Described ones, by written ref. */
  associations: ReadonlyMap<string, Association>;
  /** Every ref that has one, written. */
  listed: ReadonlySet<string>;
  roles: RolesOfAccount;
}): SweepFacts {
  const { roles } = seen;
  const noted: Partial<FactTypes> = {};
  const note =
    <N extends FactName>(name: N, collect: Collector<N>): Collector<N> =>
    async c => {
      const fact = await collect(c);
      if (fact.known) noted[name] = fact.value;
      return fact;
    };
  let unreached: string | undefined;
  const asked =
    <N extends FactName>(collect: Collector<N>): Collector<N> =>
    async c => {
      const fact = await collect(c);
      if (!fact.known && fact.lack.kind === 'unreachable') {
        unreached ??= fact.lack.sentence;
      }
      return fact;
    };
  const kubernetes = kubernetesView();
  const preset: Partial<Collectors> = {
    cluster: shared(note('cluster', collectors.cluster)),
    addon: shared(note('addon', collectors.addon)),
    nodes: shared(asked(note('nodes', collectors.nodes))),
    agentDaemonSets: shared(
      asked(note('agentDaemonSets', collectors.agentDaemonSets)),
    ),
    agentPods: shared(asked(note('agentPods', collectors.agentPods))),
    webhook: shared(asked(collectors.webhook)),
    namespace: shared(asked(collectors.namespace), ref => ref.namespace),
    pods: asked(kubernetes.pods),
    serviceAccount: asked(kubernetes.serviceAccount),
    association: async c => {
      const ref = stringifyServiceAccountRef(c.request.ref);
      const association = seen.associations.get(ref);
      if (association) return known(association);
      return seen.listed.has(ref) ? collectors.association(c) : known(null);
    },
    // Names of others are for the person who asked; nobody did.
    nearby: async () => known([]),
  };
  if (roles) {
    preset.role = async c => {
      const association = await c.get('association');
      const arn = association.known && association.value?.roleArn;
      return arn ? known(roles.get(arn)?.role ?? null) : collectors.role(c);
    };
    preset.rolePolicies = async c => {
      const role = await c.get('role');
      const policies = role.known && role.value && roles.get(role.value.arn);
      return policies ? known(policies.policies) : collectors.rolePolicies(c);
    };
  } else {
    const byRole = new Memo<string, ReturnType<Collector<'role'>>>();
    preset.role = async c => {
      const association = await c.get('association');
      const arn = association.known && association.value?.roleArn;
      return arn
        ? byRole.get(arn, () => collectors.role(c))
        : collectors.role(c);
    };
  }
  return {
    preset,
    agent: () => agentState(noted),
    unreached: () => unreached,
  };
}

/** Nodes of these kinds have no agent of the add-on: built in, or not supported (facts §3). */
const WITHOUT_ADDON = ['auto', 'fargate'];

function agentState(noted: Partial<FactTypes>): AgentState | undefined {
  const { addon, agentDaemonSets, agentPods, nodes, cluster } = noted;
  if (!nodes || !agentPods) return undefined;
  const needing = nodes.filter(
    node =>
      node.os === 'linux' && !WITHOUT_ADDON.includes(node.computeType ?? ''),
  );
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
