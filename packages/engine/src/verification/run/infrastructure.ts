import type { Infrastructure } from 'backstage-plugin-eks-pod-identity-common';
import { hashOf } from '../framework/canonical';
import { valueOf } from '../framework/fact';
import type { FactReader } from '../framework/facts';
import type { NodeFact } from '../framework/facts/agent';
import { runs } from '../framework/workloadsOf';

const unique = (some: readonly string[]) => [...new Set(some)].sort();

/** By node name. A sweep asks this of the same nodes for each identity. */
const known = new WeakMap<readonly NodeFact[], Map<string, string>>();

function imagesOf(nodes: readonly NodeFact[]): ReadonlyMap<string, string> {
  const images =
    known.get(nodes) ??
    new Map(
      nodes.flatMap(({ name, image }): [string, string][] =>
        image ? [[name, hashOf(image)]] : [],
      ),
    );
  known.set(nodes, images);
  return images;
}

/** What gives the pods of a service account their identity, of facts that checks of the way and of the pods have collected. */
export async function infrastructureOf(
  facts: FactReader,
): Promise<Infrastructure> {
  const [sets, webhook, cluster, nodes, pods] = await Promise.all([
    facts.get('agentDaemonSets'),
    facts.get('webhook'),
    facts.get('cluster'),
    facts.get('nodes'),
    facts.get('pods'),
  ]);
  const found: Infrastructure = {};
  if (sets.known) {
    const images = sets.value.flatMap(one => one.images ?? []);
    // None is what a read of a moment ends with, too
    if (images.length > 0) found.agent = hashOf(unique(images));
  }
  if (webhook.known) found.webhook = hashOf(webhook.value);
  const version = valueOf(cluster)?.version;
  if (version) found.kubernetes = hashOf(version);
  if (nodes.known) {
    const images = imagesOf(nodes.value);
    found.nodes = unique([...images.values()]);
    const inUse = (valueOf(pods) ?? [])
      .filter(runs)
      .flatMap(({ nodeName = '' }) => images.get(nodeName) ?? []);
    if (inUse.length > 0) found.nodesInUse = unique(inUse);
  }
  return found;
}
