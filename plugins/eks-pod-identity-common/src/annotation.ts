import { parseServiceAccountRef, ServiceAccountRef } from './ref';

/**
 * Entity annotation that claims which ServiceAccounts a component runs under:
 * `<cluster>/<namespace>/<serviceaccount>[, …]`. It is a claim by whoever owns the catalog file, never a grant.
 *
 * @public
 */
export const POD_IDENTITY_ANNOTATION = 'aws.amazon.com/eks-pod-identity';

/** What an annotation says, the readable and the unreadable parts apart. @public */
export interface ParsedAnnotation {
  refs: ServiceAccountRef[];
  /** One sentence for each part that is not a reference. */
  problems: string[];
}

/** Reads the annotation; a broken part does not hide the others. Duplicates are dropped. @public */
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
