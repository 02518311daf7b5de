import type {
  AccessRow,
  AccessVerdict,
  ClusterAccess,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterFlags } from '../connect/flags';
import { located } from '../connect/located';
import { withEngine } from '../connect/withEngine';
import { EXIT } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';
import { type AccessFormat, renderAccess } from '../output/access';
import { type LookFlags, lookingAt } from './looking';

export interface InventoryFlags extends ClusterFlags, LookFlags {
  namespace: string[];
  failOn: AccessVerdict[];
  output: AccessFormat;
}

/** The rows of these namespaces; all where none is named. */
const within = (rows: AccessRow[], namespaces: readonly string[]) =>
  namespaces.length === 0
    ? rows
    : rows.filter(({ ref }) => namespaces.includes(ref.namespace));

/** Lists every AWS identity of a cluster, and what stands between each and Pod Identity. */
export async function inventory(
  flags: InventoryFlags,
  io: Io,
): Promise<number> {
  const access = await withEngine(
    located(flags, io),
    io,
    async (connection): Promise<ClusterAccess> => {
      const found = await libraries.engine.lookAtAccess(
        lookingAt(connection, flags, io),
      );
      const { rows, nodeGroups, ...rest } = found;
      return {
        ...rest,
        rows: within(rows, flags.namespace),
        // Nodes are of all namespaces
        ...(flags.namespace.length ? {} : { nodeGroups }),
      };
    },
  );
  io.stdout.write(renderAccess(access, flags.output));
  return access.rows.some(({ verdict }) => flags.failOn.includes(verdict))
    ? EXIT.failed
    : EXIT.ok;
}
