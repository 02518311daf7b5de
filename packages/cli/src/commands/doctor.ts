import type { SetupAnswer } from 'backstage-plugin-eks-pod-identity-common';
import type { CredentialRole } from 'eks-pod-identity-engine';
import { type ClusterFlags } from '../connect/flags';
import { located } from '../connect/located';
import { withEngine } from '../connect/withEngine';
import { CliError, EXIT } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';

export interface DoctorFlags extends ClusterFlags {
  namespace: string[];
  write?: boolean;
  output: 'text' | 'json';
}

const SYMBOLS = { pass: '✓', fail: '✗', unknown: '?' };

function linesOf({
  role,
  subject,
  status,
  message,
  fix,
  artefact,
}: SetupAnswer) {
  const { plainLines, plainText } = libraries.common;
  const lines = [
    `${SYMBOLS[status]} ${role} ${subject}  ${message}`,
    ...(fix ? [`  ${fix.cause}`] : []),
    ...(fix?.actions ?? []).map((text, index) => `  ${index + 1}. ${text}`),
    ...(artefact
      ? [
          `  See ${[artefact.file, artefact.section]
            .filter(Boolean)
            .join(', ')}`,
        ]
      : []),
  ].map(plainText);
  return fix?.snippet
    ? [...lines, '', plainLines(fix.snippet.text), '']
    : lines;
}

const counted = (count: number, one: string, many: string) =>
  count === 1 ? `1 ${one}` : `${count} ${many}`;

/** The last line: whether something is to be done. */
function verdictOf(failed: number, unknown: number): string {
  const untold = counted(unknown, 'answer is missing', 'answers are missing');
  if (failed) {
    return `${counted(failed, 'thing is', 'things are')} missing or wrong${
      unknown ? `, and ${untold}` : ''
    }: each ✗ has what to do.`;
  }
  return unknown
    ? `Nothing is known to be wrong, but ${untold}: each ? says why.`
    : 'Nothing is missing: every answer is good.';
}

/**
 * Tries harmlessly what verifying (and with --write changing) needs on a cluster; names all gaps at once.
 *
 * @throws CliError where it is to judge the rights of a portal that is not named
 */
export async function doctor(flags: DoctorFlags, io: Io): Promise<number> {
  if (flags.write && !flags.portalId && !flags.config) {
    throw new CliError(
      'Which portal? The rights to change hold for what carries its id: name it with --portal-id, or its app-config.yaml with --config.',
    );
  }
  const answers = await withEngine(
    located(flags, io),
    io,
    ({ engine, cluster, context }) => {
      const write = flags.write ?? cluster.roles.write !== undefined;
      const roles: CredentialRole[] = ['read', 'verify'];
      return libraries.engine.checkSetup(
        {
          cluster,
          roles: write ? [...roles, 'write'] : roles,
          namespaces: flags.namespace,
          withoutPortal: flags.config === undefined,
        },
        { clusters: engine.clusters, config: context().config },
      );
    },
  );
  const count = (status: SetupAnswer['status']) =>
    answers.filter(one => one.status === status).length;
  const failed = count('fail');
  io.stdout.write(
    flags.output === 'json'
      ? `${JSON.stringify(answers, null, 2)}\n`
      : `${answers.flatMap(linesOf).join('\n')}\n\n${verdictOf(
          failed,
          count('unknown'),
        )}\n`,
  );
  if (failed) return EXIT.failed;
  return answers.some(({ status }) => status === 'unknown')
    ? EXIT.inconclusive
    : EXIT.ok;
}
