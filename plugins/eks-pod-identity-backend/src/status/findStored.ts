import type { Authorizer, Resources } from '../permissions/Authorizer';
import { type Caller, initiatorOf } from '../permissions/caller';
import type { Store } from '../store';
import type { KnownRef } from './knownRefs';
import { type Decisions, rightsOn } from './rights';
import { readStored, type Stored } from './stored';

/** So many are read while the policy is still being asked. */
const FEW = 10;

/** Who asks, and what the policy says of that. */
export interface Asker {
  credentials: Caller;
  deciding: Promise<Decisions>;
}

/** What the database says of service accounts. */
export interface Found {
  known: KnownRef[];
  /** At least of those that the asker may read. */
  stored: Stored;
  resources: Resources;
}

/**
 * Reads what is stored of service accounts. An annotation can name many that are of others: where there are more than a
 * few, only those that the policy allows are read.
 */
export async function findStored(
  known: KnownRef[],
  { credentials, deciding }: Asker,
  options: {
    authorizer: Authorizer;
    store: Store;
    now: number;
    readsUse: boolean;
  },
): Promise<Found> {
  const { authorizer, ...how } = options;
  const refs = known.map(({ ref }) => ref);
  const caller = initiatorOf(credentials).name;
  const judging = authorizer.resourcesOf(refs);
  const readable = async () => {
    if (refs.length <= FEW) return refs;
    const [decisions, resources] = await Promise.all([deciding, judging]);
    const rights = rightsOn(refs, decisions, { authorizer, resources });
    return refs.filter((_, index) => rights[index].read);
  };
  const [resources, stored] = await Promise.all([
    judging,
    readable().then(of => readStored(of, { ...how, caller })),
  ]);
  return { known, stored, resources };
}
