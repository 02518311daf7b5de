import { createHash } from 'node:crypto';
import type { Annotation } from './annotation';

const SEVERITIES = { error: 'critical', warning: 'minor' } as const;

/** The same in each run for the same finding on the same file, so that a merge request shows what is new. */
const fingerprintOf = ({ report, check }: Annotation, file: string) =>
  createHash('sha256')
    .update(
      JSON.stringify([
        report.ref.cluster,
        report.ref.namespace,
        report.ref.serviceAccount,
        check,
        file,
      ]),
    )
    .digest('hex');

/** A code quality report of GitLab: what has a line in the manifests. GitLab shows nothing without a file. */
export function renderCodeQuality(annotations: readonly Annotation[]): string {
  const issues = annotations.flatMap(one => {
    const { level, sentence, check, place } = one;
    return place
      ? [
          {
            description: sentence,
            check_name: check,
            fingerprint: fingerprintOf(one, place.file),
            severity: SEVERITIES[level],
            location: { path: place.file, lines: { begin: place.line } },
          },
        ]
      : [];
  });
  return `${JSON.stringify(issues, null, 2)}\n`;
}
