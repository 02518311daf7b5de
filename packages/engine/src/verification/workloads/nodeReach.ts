import { nameOfArn } from '../../aws/arn';
import { classifyAwsError } from '../../aws/classify';
import { metadataOptionsOf } from '../../aws/cluster';
import { askAws } from '../access/askAws';
import { withoutAgent } from '../agent/agentObjects';
import type { Collecting, Collector } from '../framework/collecting';
import { type Fact, lacking, valueOf } from '../framework/fact';
import type { NodeFact } from '../framework/facts/agent';
import type { NodegroupFact, NodeReachFact } from '../framework/facts/cluster';
import type { PodFact } from '../framework/facts/workloads';
import { runs } from '../framework/workloadsOf';
import { lacksInjection, setsOwnVariables } from './lackingPods';

/** Most launch templates to read. */
const MOST = 10;
/** From how many hops on a pod with a network of its own gets an answer. */
const HOPS_TO_PODS = 2;

/** Nothing comes before the node for it: no keys, no IRSA, no variables of Pod Identity by its template. */
const hasNothing = (pod: PodFact) =>
  !setsOwnVariables(pod) &&
  pod.containers.every(
    ({ accessKeyId, irsaRoleArn, foreignCredentialsUri, carried }) =>
      !accessKeyId &&
      !irsaRoleArn &&
      !foreignCredentialsUri &&
      !carried.some(({ likely, what }) => likely && what !== 'proxy'),
  );

/** Nodes of Auto Mode never let pods in, and Fargate and hybrid nodes have no such service. */
const mayLetIn = (node: NodeFact | undefined, { nodeName }: PodFact) =>
  nodeName !== undefined &&
  withoutAgent(node, nodeName) !== 'fargate' &&
  node?.computeType !== 'auto' &&
  node?.computeType !== 'hybrid';

/** What the launch template says; nothing without the right, which is an optional one. */
async function optionsOf(
  c: Collecting,
  template: NodegroupFact['launchTemplate'],
): Promise<Pick<NodeReachFact, 'hopLimit' | 'disabled'>> {
  if (!template) return {};
  try {
    return await metadataOptionsOf(c.read, template, c.signal);
  } catch (error) {
    if (classifyAwsError(error).kind === 'denied') return {};
    throw error;
  }
}

/** Read only in runs that start a pod, and only where pods run without the identity: it changes no verdict. */
export const collectNodeReach: Collector<'nodeReach'> = async c => {
  if (c.request.probe !== 'pod') {
    return lacking({
      kind: 'not-in-probe',
      sentence: 'Not checked: this run starts no pod.',
    });
  }
  const nodegroups = await c.get('nodegroups');
  if (!nodegroups.known) return nodegroups;
  const [pods, nodes] = await Promise.all([c.get('pods'), c.get('nodes')]);
  const on = new Set(
    (valueOf(pods) ?? [])
      .filter(pod => runs(pod) && lacksInjection(pod))
      .map(({ nodeName }) => nodeName),
  );
  const names = (valueOf(nodes) ?? [])
    .filter(({ name }) => on.has(name))
    .map(({ nodegroup }) => nodegroup);
  const groups = nodegroups.value.filter(({ name }) => names.includes(name));
  return askAws(
    c.read,
    { action: 'ec2:DescribeLaunchTemplateVersions', resource: '*' },
    () =>
      Promise.all(
        groups.map(async ({ name, roleArn, launchTemplate }, index) => ({
          nodegroup: name,
          roleArn,
          ...(await optionsOf(c, index < MOST ? launchTemplate : undefined)),
        })),
      ),
  );
};

/** What the node answers to a pod without the identity; undefined where it does not. */
function answerOf(
  { hostNetwork }: PodFact,
  reach: NodeReachFact | undefined,
): { isSure: boolean; words?: string } | undefined {
  if (reach?.disabled) return undefined;
  const { hopLimit, roleArn, nodegroup } = reach ?? {};
  const where = roleArn
    ? `in node group ${nodegroup} as the role ${nameOfArn(roleArn)}`
    : undefined;
  if (hostNetwork) return { isSure: false, words: where };
  if (hopLimit === undefined) return { isSure: false, words: where };
  return hopLimit >= HOPS_TO_PODS
    ? { isSure: true, words: where && `${where} (hop limit ${hopLimit})` }
    : undefined;
}

/** Which role answers these pods, which run without the identity, as a sentence; undefined where none does. */
export function insteadOfIdentity(
  pods: readonly PodFact[],
  facts: {
    nodes: Fact<readonly NodeFact[]>;
    nodeReach: Fact<readonly NodeReachFact[]>;
  },
): string | undefined {
  const { nodeReach } = facts;
  // A run with a pod may have found that the way is closed; one that does not look cannot say that it may be open.
  if (!nodeReach.known && nodeReach.lack.kind === 'not-in-probe') {
    return undefined;
  }
  const answers = pods.filter(hasNothing).flatMap(pod => {
    const node = valueOf(facts.nodes)?.find(
      ({ name }) => name === pod.nodeName,
    );
    if (!mayLetIn(node, pod)) return [];
    const reach = valueOf(nodeReach)?.find(
      ({ nodegroup }) => nodegroup === node?.nodegroup,
    );
    return answerOf(pod, reach) ?? [];
  });
  const sure = answers.filter(({ isSure, words }) => isSure && words);
  const said = sure.length ? sure : answers;
  if (said.length === 0) return undefined;
  const roles = [...new Set(said.flatMap(({ words }) => words ?? []))];
  return `Without it they ${
    sure.length
      ? 'can act as their node, whose launch template lets pods in'
      : 'may act as their node, if its hop limit lets pods in'
  }${roles.length ? `: ${roles.join(', ')}` : ''}.`;
}
