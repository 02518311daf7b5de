import type { Infrastructure } from 'backstage-plugin-eks-pod-identity-common';
import { hashOf } from '../framework/canonical';
import { valueOf } from '../framework/fact';
import type { FactReader } from '../framework/facts';
import type { DaemonSetFact, NodeFact } from '../framework/facts/agent';
import { runs } from '../framework/workloadsOf';

const unique = (some: readonly string[]) => [...new Set(some)].sort();

/** A sweep asks for each identity the same of the same facts of its cluster. */
function once<T extends object, R>(make: (of: T) => R): (of: T) => R {
  const known = new WeakMap<T, { made: R }>();
  return of => {
    const found = known.get(of) ?? { made: make(of) };
    known.set(of, found);
    return found.made;
  };
}

/** By node name. */
const imagesOf = once(
  (nodes: readonly NodeFact[]) =>
    new Map(
      nodes.flatMap(({ name, image }): [string, string][] =>
        image ? [[name, hashOf(image)]] : [],
      ),
    ),
);

const imagesOfAll = once((nodes: readonly NodeFact[]) =>
  unique([...imagesOf(nodes).values()]),
);

/** None is what a read of a moment ends with, too. */
const agentOf = once((sets: readonly DaemonSetFact[]) => {
  const images = sets.flatMap(one => one.images ?? []);
  return images.length > 0 ? hashOf(unique(images)) : undefined;
});

const webhookOf = once<object, string>(hashOf);

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
  const agent = sets.known && agentOf(sets.value);
  if (agent) found.agent = agent;
  if (webhook.known) {
    found.webhook = webhook.value ? webhookOf(webhook.value) : hashOf(null);
  }
  const version = valueOf(cluster)?.version;
  if (version) found.kubernetes = hashOf(version);
  if (nodes.known) {
    const images = imagesOf(nodes.value);
    found.nodes = imagesOfAll(nodes.value);
    const inUse = (valueOf(pods) ?? [])
      .filter(runs)
      .flatMap(({ nodeName = '' }) => images.get(nodeName) ?? []);
    if (inUse.length > 0) found.nodesInUse = unique(inUse);
  }
  return found;
}
