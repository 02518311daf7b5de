import type {
  CheckResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { checksUrl } from '../connect/checksUrl';
import { readText } from '../connect/settings';
import type { Io } from '../io';
import { libraries } from '../libraries';
import {
  exitCodeOf,
  type Format,
  type Judging,
  renderReports,
} from '../output/reports';
import { notYetGiven } from './notYetGiven';

export interface JudgeFlags extends Judging {
  output: Format;
}

/** Judges the facts of a bundle with this engine; says on standard error what it sees otherwise than the engine of then. */
export async function judge(
  file: string,
  { output, ...judging }: JudgeFlags,
  io: Io,
): Promise<number> {
  const { parseBundle, judgeBundle } = libraries.engine;
  const bundle = parseBundle(readText(file, io));
  const report = notYetGiven(
    await judgeBundle(bundle, { docsUrl: checksUrl() }),
  );
  io.stdout.write(
    renderReports([report], { format: output, stream: io.stdout }, judging),
  );
  io.stderr.write(differences(bundle.report, report));
  return exitCodeOf([report], judging);
}

function differences(then: VerificationReport, now: VerificationReport) {
  const before = new Map(then.checks.map(check => [check.id, check]));
  const after = new Map(now.checks.map(check => [check.id, check]));
  const text = (check: CheckResult | undefined) =>
    check ? `${check.status}: ${check.message}` : 'not asked';
  const lines = [...new Set([...before.keys(), ...after.keys()])]
    .map(id => [id, text(before.get(id)), text(after.get(id))])
    .filter(([, old, made]) => old !== made)
    .flatMap(([id, old, made]) => [id, `  then ${old}`, `  now  ${made}`]);
  const versions = `Judged by version ${then.engineVersion} then, by ${now.engineVersion} now`;
  return lines.length
    ? `${versions}:\n${lines.join('\n')}\n`
    : `${versions}: no check answers otherwise.\n`;
}
