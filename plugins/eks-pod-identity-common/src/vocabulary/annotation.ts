import { readServiceAccountRef, type ServiceAccountRef } from './ref';

/**
 * Entity annotation that claims which service accounts a component runs under:
 * `<cluster>/<namespace>/<serviceaccount>[, …]`. It is a claim by the owner of the catalog file, never a grant.
 *
 * @public
 */
export const POD_IDENTITY_ANNOTATION = 'aws.amazon.com/eks-pod-identity';

/** The longest annotation that is read, in characters. A longer one would keep the portal's one thread busy. */
const MAX_LENGTH = 16_384;

/** More references than this on one entity are a mistake. */
const MAX_PARTS = 100;

/** More than these help nobody to find the mistake. */
const MAX_PROBLEMS = 10;

/** The parsed annotation: its references, and what is wrong with it. @public */
export interface ParsedAnnotation {
  refs: ServiceAccountRef[];
  /** One sentence for each of the first ten parts that are not references, and for each limit that it exceeds. */
  problems: string[];
}

/**
 * Parses the annotation. Unreadable parts do not affect the others; duplicates are dropped. Of more than 100 parts the
 * first 100 are read. Of more than 16,384 characters none is, since half a reference names another service account.
 *
 * @public
 */
export function parsePodIdentityAnnotation(
  value: string = '',
): ParsedAnnotation {
  if (value.length > MAX_LENGTH) {
    const problem = `The annotation ${POD_IDENTITY_ANNOTATION} has ${value.length} characters, and at most ${MAX_LENGTH} are allowed, so the portal ignores it`;
    return { refs: [], problems: [problem] };
  }
  const parts = new Set(
    value
      .split(',')
      .map(part => part.trim())
      .filter(Boolean),
  );
  const read = [...parts].slice(0, MAX_PARTS).map(readServiceAccountRef);
  const problems = read.flatMap(one => ('problem' in one ? [one.problem] : []));
  const untold = problems.length - MAX_PROBLEMS;
  return {
    refs: read.flatMap(one => ('ref' in one ? [one.ref] : [])),
    problems: [
      ...problems.slice(0, MAX_PROBLEMS),
      ...(untold > 0
        ? [`${untold} more parts are not service account references`]
        : []),
      ...(parts.size > MAX_PARTS
        ? [`Only the first ${MAX_PARTS} of ${parts.size} references are read`]
        : []),
    ],
  };
}
