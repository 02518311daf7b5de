import { listNodegroups, readNodegroup } from '../../aws/cluster';
import { lackOfAws } from '../access/lacks';
import type { Collecting, Collector } from '../framework/collecting';
import { known, lacking, valueOf } from '../framework/fact';

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

/** Read only in runs that start a pod: it costs several calls and changes no verdict. */
export const collectNodegroups: Collector<'nodegroups'> = async c => {
  if (c.request.probe !== 'pod') {
    return lacking({
      kind: 'not-in-probe',
      sentence: 'Not checked: this run starts no pod.',
    });
  }
  const { cluster: config } = c.read;
  let right = { action: 'eks:ListNodegroups', resource: config.arn };
  try {
    const [ofPods, all] = await Promise.all([
      nodegroupsOfPods(c),
      listNodegroups(c.read, {}, c.signal),
    ]);
    const names = [
      ...all.filter(name => ofPods.has(name)),
      ...all.filter(name => !ofPods.has(name)).slice(0, MOST),
    ];
    right = {
      action: 'eks:DescribeNodegroup',
      resource: `arn:${config.partition}:eks:${config.region}:${config.accountId}:nodegroup/${config.name}/*`,
    };
    return known(
      await Promise.all(
        names.map(async name => ({
          ...(await readNodegroup(c.read, name, c.signal)),
          name,
        })),
      ),
    );
  } catch (error) {
    return lacking(lackOfAws(error, right, c.read));
  }
};
