import { CliError, EXIT } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';
import { renderExplanation } from '../output/explanation';

/** One test of an adopter is explained with all of them. */
const PERMISSIONS = 'permissions.';

/** Explains a check by its page, or lists all checks with their questions. */
export async function explain(id: string | undefined, io: Io): Promise<number> {
  const { common, engine } = libraries;
  const { CHECKS, explanationOf } = engine;
  if (id === undefined) {
    for (const check of CHECKS) {
      io.stdout.write(`${check.id.padEnd(26)} ${check.question}\n`);
    }
    return EXIT.ok;
  }
  const find = (wanted: string) => CHECKS.find(one => one.id === wanted);
  const check =
    find(id) ??
    (id.startsWith(PERMISSIONS) ? find(`${PERMISSIONS}*`) : undefined);
  if (!check) {
    const meant = common.nearest(
      id,
      CHECKS.map(one => one.id),
    );
    throw new CliError(
      `There is no check "${id}".${
        meant ? ` Did you mean ${meant}?` : ''
      } "eks-pod-identity explain" lists them.`,
    );
  }
  const section = explanationOf(check.id)!;
  io.stdout.write(renderExplanation(check, section, io.stdout));
  return EXIT.ok;
}
