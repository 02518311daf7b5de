import {
  type Evidence,
  noEvidence,
} from 'backstage-plugin-eks-pod-identity-common';
import { Deadline } from '../../async/deadline';
import type { EvidenceSubject } from '../../evidence/types';
import type { Collecting, Collector } from '../framework/collecting';
import { known, lacking, valueOf } from '../framework/fact';

/** A report never waits longer for what lowers no verdict; others may have used up the rate of the account. */
const MOST_MS = 30_000;

/** What the portal has of it in time. */
async function inTime(
  c: Collecting,
  ask: NonNullable<Collecting['evidence']>,
  subject: EvidenceSubject,
): Promise<Evidence> {
  const deadline = new Deadline(c.operation.clock, c.signal).start(MOST_MS);
  try {
    return await ask({ ...subject, signal: deadline.signal });
  } catch (error) {
    if (c.signal.aborted || !deadline.passed) throw error;
    return noEvidence(
      'unread',
      `the searches took longer than ${MOST_MS / 1_000} s.`,
    );
  } finally {
    deadline.cancel();
  }
}

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
  const evidence = await inTime(c, c.evidence, {
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
