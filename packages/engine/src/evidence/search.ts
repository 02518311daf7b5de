import type {
  EvidenceEvent,
  PodIdentityEvidenceRequest,
  PodIdentityEvidenceSource,
} from 'backstage-plugin-eks-pod-identity-common';

/** Events of a page of a source that is not the last one. */
export const FULL_PAGE = 50;

/** What a search found. */
export interface Searched {
  /** The newest first. */
  events: EvidenceEvent[];
  /** ISO 8601; later than asked where the pages did not reach back that far. */
  from: string;
  /** There may be older events. */
  isCut: boolean;
}

/**
 * A search of at most so many pages.
 *
 * @throws what the source throws
 */
export async function search(
  source: PodIdentityEvidenceSource,
  request: PodIdentityEvidenceRequest,
  most: number,
): Promise<Searched> {
  const events: EvidenceEvent[] = [];
  const from = request.from.toISOString();
  let pages = 0;
  for await (const page of source.read(request)) {
    events.push(...page);
    pages += 1;
    if (pages < most) continue;
    const isCut = page.length >= FULL_PAGE;
    return { events, from: isCut ? page.at(-1)!.at : from, isCut };
  }
  return { events, from, isCut: false };
}
