import { type ClusterFlags } from '../connect/flags';
import { readYaml } from '../connect/settings';
import { withEngine } from '../connect/withEngine';
import { CliError, EXIT } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';

export interface PlanFlags extends ClusterFlags {
  output: 'text' | 'json';
}

/** What the action's input asks for, from its YAML: the input alone, or the step of a template that holds it. */
function readInput(file: string, io: Io) {
  const yaml = readYaml(file, io) as { input?: unknown } | null;
  const parsed = libraries.common.associateInputSchema.safeParse(
    yaml?.input ?? yaml,
  );
  if (parsed.success) return parsed.data;
  throw new CliError(
    `${file} is no input of eks:pod-identity:associate:${parsed.error.issues
      .map(({ path, message }) => `\n- ${path.join('.') || 'it'}: ${message}`)
      .join('')}`,
  );
}

/** Says what an associate of this input would change; changes nothing. */
export async function plan(
  file: string,
  flags: PlanFlags,
  io: Io,
): Promise<number> {
  const input = readInput(file, io);
  const { common } = libraries;
  const made = await withEngine(
    { ...flags, cluster: flags.cluster ?? input.clusterName },
    io,
    ({ engine, cluster, context }) => {
      const { namespace, serviceAccount } = input;
      return engine.lifecycle
        .planAssociate(
          { ref: { cluster: cluster.id, namespace, serviceAccount }, input },
          context(),
        )
        .catch((error: Error) => {
          const isRefusal = error.name === 'NotAllowedError';
          throw isRefusal ? new CliError(error.message, EXIT.failed) : error;
        });
    },
  );
  io.stdout.write(
    flags.output === 'json'
      ? `${JSON.stringify(made, null, 2)}\n`
      : `${common.renderPlanLines(made).join('\n')}\n${
          made.changes ? '' : 'Nothing would change.\n'
        }`,
  );
  return made.conflicts ? EXIT.failed : EXIT.ok;
}
