import { noEvidence } from 'backstage-plugin-eks-pod-identity-common';
import type { Collector } from './collecting';
import { known, lacking, valueOf } from './fact';

/** Asks only about an identity that exists: its role is what a search begins with. */
export const collectEvidence: Collector<'evidence'> = async c => {
  if (!c.evidence) return known(noEvidence('off'));
  const association = await c.get('association');
  if (!association.known) return association;
  if (!association.value) {
    return lacking({
      kind: 'because',
      because: 'association.exists',
      sentence:
        'Not checked, because there is no association that names a role.',
    });
  }
  const { roleArn, targetRoleArn } = association.value;
  const [cluster, pods, nodes, role] = await Promise.all([
    c.get('cluster'),
    c.get('pods'),
    c.get('nodes'),
    c.get('role'),
  ]);
  const running = valueOf(pods) ?? [];
  const onNodes = new Set(running.map(pod => pod.nodeName));
  const evidence = await c.evidence({
    ref: c.request.ref,
    cluster: c.read.cluster,
    roleArns: [roleArn, ...(targetRoleArn ? [targetRoleArn] : [])],
    issuer: valueOf(cluster)?.issuer,
    pods: running.map(({ name, uid }) => ({ name, uid })),
    staticKeyIds: [
      ...new Set(
        running.flatMap(pod =>
          pod.containers.flatMap(({ accessKeyId }) => accessKeyId ?? []),
        ),
      ),
    ],
    instanceIds: (valueOf(nodes) ?? []).flatMap(({ name, instanceId }) =>
      instanceId && onNodes.has(name) ? [instanceId] : [],
    ),
    signal: c.signal,
  });
  const used = valueOf(role)?.lastUsed;
  return known(
    used
      ? {
          ...evidence,
          roleLastUsed: {
            at: new Date(used.at).toISOString(),
            ...(used.region ? { region: used.region } : {}),
          },
        }
      : evidence,
  );
};
