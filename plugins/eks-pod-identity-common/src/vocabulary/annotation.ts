import { parseServiceAccountRef, ServiceAccountRef } from './ref';

/**
 * Entity annotation that claims which service accounts a component runs under:
 * `<cluster>/<namespace>/<serviceaccount>[, …]`. It is a claim by the owner of the catalog file, never a grant.
 *
 * @public
 */
export const POD_IDENTITY_ANNOTATION = 'aws.amazon.com/eks-pod-identity';

/** The parsed annotation: its references, and a problem for each unreadable part. @public */
export interface ParsedAnnotation {
  refs: ServiceAccountRef[];
  /** One sentence for each part that is not a reference. */
  problems: string[];
}

/** Parses the annotation. Unreadable parts do not affect the others; duplicates are dropped. @public */
export function parsePodIdentityAnnotation(
  value: string | undefined,
): ParsedAnnotation {
  const refs = new Map<string, ServiceAccountRef>();
  const problems: string[] = [];
  for (const part of (value ?? '').split(',')) {
    const text = part.trim();
    if (!text) continue;
    try {
      refs.set(text, parseServiceAccountRef(text));
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  return { refs: [...refs.values()], problems };
}
