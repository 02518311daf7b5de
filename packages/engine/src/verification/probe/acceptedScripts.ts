import { version } from '../../../package.json';
import recorded from './scripts.generated.json';
import { PROBE_SCRIPT } from './script';

/** A script as `yarn artefacts` keeps it, and the version of the suite after which it was changed to that. */
export interface RecordedScript {
  changedAfter: string;
  lines: string[];
}

/**
 * The records with the script of today at the end. It takes the place of one of the same version, which was never
 * released.
 *
 * @param released - the last version
 */
export function withScript(
  records: readonly RecordedScript[],
  script: string,
  released: string,
): RecordedScript[] {
  const lines = script.split('\n');
  if (records.at(-1)?.lines.join('\n') === script) return [...records];
  const before = records.filter(one => one.changedAfter !== released);
  return [...before.slice(-1), { changedAfter: released, lines }];
}

/** This version's script and the one before: CEL compares texts, so that the former one has to be kept. */
export const RECORDS = withScript(recorded, PROBE_SCRIPT, version);

/** What an admission policy lets a probe run, so that it can be applied before the portal has its version. */
export const ACCEPTED_SCRIPTS: readonly string[] = RECORDS.map(({ lines }) =>
  lines.join('\n'),
);
