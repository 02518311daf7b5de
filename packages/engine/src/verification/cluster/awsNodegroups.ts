import { listNodegroups, readNodegroup } from '../../aws/cluster';
import { orUndefined } from '../../aws/orUndefined';
import type { ClusterSession } from '../../clusters/types';
import { askAws } from '../access/askAws';
import type { Collecting, Collector } from '../framework/collecting';
import { type Fact, valueOf } from '../framework/fact';
import type { NodegroupFact } from '../framework/facts/cluster';
import type { FactProvider } from '../framework/request';
import type { AwsRight } from '../framework/rights';

/** Most node groups to read beside those where the workload runs; more rarely have different roles. */
const MOST = 10;

/** Managed node groups on whose nodes the running pods are. */
async function nodegroupsOfPods(c: Collecting): Promise<Set<string>> {
  const [pods, nodes] = await Promise.all([c.get('pods'), c.get('nodes')]);
  const groups = new Map(
    (valueOf(nodes) ?? []).map(node => [node.name, node.nodegroup]),
  );
  return new Set(
    (valueOf(pods) ?? []).flatMap(pod => groups.get(pod.nodeName ?? '') ?? []),
  );
}

const listing = ({ cluster }: ClusterSession): AwsRight => ({
  action: 'eks:ListNodegroups',
  resource: cluster.arn,
});

const describing = ({ cluster }: ClusterSession): AwsRight => ({
  action: 'eks:DescribeNodegroup',
  resource: `arn:${cluster.partition}:eks:${cluster.region}:${cluster.accountId}:nodegroup/${cluster.name}/*`,
});

async function describeAll(
  names: readonly string[],
  read: ClusterSession,
  signal: AbortSignal,
): Promise<Fact<NodegroupFact[]>> {
  return askAws(read, describing(read), async () => {
    const found = await Promise.all(
      names.map(async name => {
        // Deleted meanwhile, or a label that no group has given.
        const group = await orUndefined(readNodegroup(read, name, signal));
        return group && { ...group, name };
      }),
    );
    return found.flatMap(group => group ?? []);
  });
}

/** Those of the pods, and some others that may have nodes one day. */
export const collectNodegroups: Collector<'nodegroups'> = async c => {
  const [ofPods, all] = await Promise.all([
    nodegroupsOfPods(c),
    askAws(c.read, listing(c.read), () => listNodegroups(c.read, {}, c.signal)),
  ]);
  if (!all.known) return all;
  const names = [
    ...all.value.filter(name => ofPods.has(name)),
    ...all.value.filter(name => !ofPods.has(name)).slice(0, MOST),
  ];
  return describeAll(names, c.read, c.signal);
};

/** Those that have nodes, which no list of groups is needed for. */
export const nodegroupsInUse: FactProvider<'nodegroups'> = async asked => {
  const nodes = await asked.get('nodes');
  if (!nodes.known) return asked.collect();
  const names = nodes.value.flatMap(({ nodegroup }) => nodegroup ?? []);
  return describeAll([...new Set(names)], asked.read, asked.signal);
};
