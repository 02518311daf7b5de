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

/** Where what people and machines elsewhere wrote ends a line, or reverses or colours it. */
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** Text of others on one line. */
export const onOneLine = (text: string) =>
  text.replace(UNPRINTABLE, ' ').trim();

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
