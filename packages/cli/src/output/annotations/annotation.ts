import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { libraries } from '../../libraries';
import type { Place } from '../../manifests/placeOf';

/** What a report means for the exit code. */
export type Meaning = (
  report: VerificationReport,
) => 'finding' | 'unanswered' | undefined;

/** Where the manifests say what a report finds. */
export type PlaceOf = (report: VerificationReport) => Place | undefined;

/** What a pipeline shows of a report beside a line. */
export interface Annotation {
  /** `error` ends the run with 1; `warning` does not, or for want of an answer. */
  level: 'error' | 'warning';
  report: VerificationReport;
  /** The verdict in one sentence, without line breaks. */
  sentence: string;
  /** What to do, in order. */
  actions: string[];
  /** Id of the check that explains the verdict. */
  check: string;
  place?: Place;
}

/** Text of others on one line. */
export const onOneLine = (text: string) =>
  libraries.common.plainText(text).trim();

/** An annotation for each report that is not as it should be. */
export function annotationsOf(
  reports: readonly VerificationReport[],
  meaning: Meaning,
  placeOf: PlaceOf,
): Annotation[] {
  const { firstBrokenHop, headline, isGood } = libraries.common;
  return reports.flatMap((report): Annotation[] => {
    const means = meaning(report);
    if (!means && isGood(report.status)) return [];
    const cause = firstBrokenHop(report);
    const place = placeOf(report);
    return [
      {
        level: means === 'finding' ? 'error' : 'warning',
        report,
        sentence: onOneLine(headline(report)),
        actions: (cause?.fix?.actions ?? []).map(onOneLine),
        check: cause?.id ?? report.status,
        ...(place ? { place } : {}),
      },
    ];
  });
}
