import { type ClusterFlags } from '../connect/flags';
import { readYaml } from '../connect/settings';
import { type Located, located } from '../connect/located';
import { withEngine } from '../connect/withEngine';
import { CliError, EXIT } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';
import { MOVE_SCHEMA_VERSION } from '../output/move';
import { type LookFlags, lookingAt } from './looking';
import { subjectOf } from './subject';

export interface PlanFlags extends ClusterFlags, LookFlags {
  /** `namespace/name`, or the name alone. */
  move?: string;
  namespace?: string;
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

/** The options by which the printed commands of this program reach the cluster as this run does. */
function reachOf(
  { name, region }: { name: string; region: string },
  flags: Located<PlanFlags>,
): string[] {
  const { cluster, config } = flags;
  const given = Object.entries({
    '--profile': flags.profile,
    '--assume-role': flags.assumeRole,
    '--kubernetes': flags.kubernetes,
    '--kubeconfig': flags.kubeconfig,
    '--context': flags.context,
    '--portal-id': flags.portalId,
    '--probe-image': flags.probeImage,
    '--request-timeout': flags.requestTimeout?.toString(),
  });
  return [
    ...(config
      ? [...(cluster ? ['--cluster', cluster] : []), '--config', config]
      : ['--cluster', name, '--region', region]),
    ...given.flatMap(([option, value]) => (value ? [option, value] : [])),
  ];
}

/** Says how a service account moves from IRSA to Pod Identity, and back; changes nothing. */
async function planOfMove(
  subject: string,
  given: PlanFlags,
  io: Io,
): Promise<number> {
  const flags = located(given, io);
  const account = subjectOf(subject, flags, flags.namespace);
  const made = await withEngine(flags, io, connection =>
    libraries.engine.planMove(
      { cluster: connection.cluster.id, ...account },
      lookingAt(connection, flags, io),
      reachOf(connection.cluster, flags),
    ),
  );
  io.stdout.write(
    flags.output === 'json'
      ? `${JSON.stringify(
          { schemaVersion: MOVE_SCHEMA_VERSION, move: made },
          null,
          2,
        )}\n`
      : libraries.common.renderMovePlan(made),
  );
  if (made.stages.length > 0 || made.verdict === 'no-move') return EXIT.ok;
  return made.verdict === 'unknown' ? EXIT.inconclusive : EXIT.failed;
}

/** Says what an associate of this input would change, or how a service account moves; changes nothing. */
export async function plan(
  file: string | undefined,
  flags: PlanFlags,
  io: Io,
): Promise<number> {
  if (Boolean(file) === Boolean(flags.move)) {
    throw new CliError(
      'A plan of what? Write the file of an input, or --move NAMESPACE/NAME.',
    );
  }
  if (file && flags.namespace) {
    throw new CliError('--namespace goes with --move: the file has its own.');
  }
  return flags.move
    ? planOfMove(flags.move, flags, io)
    : planOfAssociate(file!, flags, io);
}

/** Below a refusal where no file sets guardrails; AWS may have refused it too. */
const BY_DEFAULT =
  'Guardrails are the default ones here; with --config, those in the app-config of a portal hold.';

async function planOfAssociate(
  file: string,
  flags: PlanFlags,
  io: Io,
): Promise<number> {
  const input = readInput(file, io);
  const { common } = libraries;
  const made = await withEngine(
    located({ ...flags, cluster: flags.cluster ?? input.clusterName }, io),
    io,
    ({ engine, cluster, context }) => {
      const { namespace, serviceAccount } = input;
      return engine.lifecycle
        .planAssociate(
          { ref: { cluster: cluster.id, namespace, serviceAccount }, input },
          context(),
        )
        .catch((error: Error) => {
          if (error.name !== 'NotAllowedError') throw error;
          throw new CliError(
            flags.config ? error.message : `${error.message}\n${BY_DEFAULT}`,
            EXIT.failed,
          );
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
