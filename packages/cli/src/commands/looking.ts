import type { AccessRequest } from 'eks-pod-identity-engine';
import type { Connection } from '../connect/withEngine';
import type { Io } from '../io';
import { libraries } from '../libraries';

export interface LookFlags {
  cloudtrail: boolean;
  quiet?: boolean;
}

/** What a look at the AWS identities of the cluster takes. Standard error says what it reads. */
export function lookingAt(
  { engine: { clusters }, cluster, context }: Connection,
  { cloudtrail, quiet }: LookFlags,
  io: Io,
): AccessRequest {
  const { cloudTrailSource } = libraries.engine;
  return {
    session: clusters.session(cluster.id, 'read'),
    clock: context().clock,
    signal: io.signal,
    ...(cloudtrail ? { evidence: cloudTrailSource(clusters) } : {}),
    tell: what => {
      if (!quiet) io.stderr.write(`${what}\n`);
    },
  };
}
