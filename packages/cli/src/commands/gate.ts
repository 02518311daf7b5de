import type { ClusterFlags } from '../connect/flags';
import { located } from '../connect/located';
import { withEngine } from '../connect/withEngine';
import { EXIT } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';
import { subjectOf } from './subject';

export interface GateFlags extends ClusterFlags {
  namespace?: string;
  road: 'pod-identity' | 'irsa';
  /** Seconds. */
  timeout: number;
}

const CODES = { yes: EXIT.ok, no: EXIT.failed, unknown: EXIT.inconclusive };

/** Waits until every API server gives new pods of a service account its role by one road. */
export async function gate(
  subject: string,
  given: GateFlags,
  io: Io,
): Promise<number> {
  const flags = located(given, io);
  const account = subjectOf(subject, flags, flags.namespace);
  const { effective, message } = await withEngine(
    flags,
    io,
    ({ engine, cluster, context }) =>
      engine.verification.waitUntilEffective(
        { cluster: cluster.id, ...account },
        { deadlineMs: flags.timeout * 1_000, road: flags.road },
        context(async event => {
          if (event.type === 'log' && !flags.quiet) {
            io.stderr.write(
              `${libraries.common.plainText(event.data.message)}\n`,
            );
          }
        }),
      ),
  );
  io.stdout.write(`${libraries.common.plainText(message)}\n`);
  return CODES[effective];
}
