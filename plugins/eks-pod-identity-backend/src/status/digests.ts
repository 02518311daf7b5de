import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import {
  type AccessNote,
  accessNotesOf,
  STATUS_WORDS,
} from 'backstage-plugin-eks-pod-identity-common';
import { ownersNow } from 'eks-pod-identity-engine/portal';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import type { Store } from '../store';
import type { AccessState } from '../store/accessLooks';
import type { OwnedStatus } from '../store/FleetStore';
import { levelOf, UNWELL } from './levels';

/** Identities, and roles, that a digest names. */
const NAMED = 5;

/** What is worth a look in a trust policy, in a few words. */
const NOTES: Record<AccessNote, string> = {
  'no-audience': 'no audience',
  'no-subject': 'no subject',
  pattern: 'a pattern of service accounts',
  'never-matches': 'a pattern under StringEquals',
  'dead-principal': 'a deleted user or role',
};

/** A role of an owner, as the look at one cluster has its trust policy. */
interface NotedRole {
  cluster: string;
  arn: string;
  notes: AccessNote[];
}

/** What one owner hears of. */
interface Digest {
  unwell: OwnedStatus[];
  noted: NotedRole[];
}

type Entities = Pick<EntityDirectory, 'findMany' | 'titleOf'>;

/** By owner, by our tag on the association: identities that do not work. */
export async function digestsByOwner(
  { fleet }: Pick<Store, 'fleet'>,
  clusters: ReadonlySet<string>,
): Promise<Map<string, Digest>> {
  const found = new Map<string, Digest>();
  for (const one of await fleet.owned(UNWELL)) {
    if (!clusters.has(one.cluster)) continue;
    new Set(one.ownerRefs).forEach(owner =>
      digestOf(found, owner).unwell.push(one),
    );
  }
  return found;
}

function digestOf(found: Map<string, Digest>, owner: string): Digest {
  const digest = found.get(owner) ?? { unwell: [], noted: [] };
  found.set(owner, digest);
  return digest;
}

/** Without these, roles are missing of which something may have been said. */
const hasRoles = ({ lookedAt, gaps }: AccessState) =>
  lookedAt !== undefined &&
  !gaps.some(({ what }) => what === 'roles' || what === 'serviceAccounts');

/**
 * Adds what is worth a look in the trust policies of roles that a tag with the uid of a component gives an owner. An owner
 * whose component only claims a service account gets nothing of it.
 *
 * @returns of which clusters the last look read the roles
 */
export async function addNotes(
  found: Map<string, Digest>,
  { access }: Pick<Store, 'access'>,
  entities: Pick<Entities, 'findMany'>,
  clusters: ReadonlySet<string>,
): Promise<Set<string>> {
  const noted = (await access.held()).flatMap(({ row, holder }) => {
    const { ref, role } = row;
    const notes = accessNotesOf(row);
    return role && clusters.has(ref.cluster) && notes.length > 0
      ? [{ holder, role: { cluster: ref.cluster, arn: role.arn, notes } }]
      : [];
  });
  const present = await entities.findMany([
    ...new Set(noted.map(({ holder }) => holder.entityRef)),
  ]);
  const states = await access.states();
  for (const { holder, role } of noted) {
    const owners = ownersNow(holder, present.get(holder.entityRef));
    new Set(owners).forEach(owner => digestOf(found, owner).noted.push(role));
  }
  return new Set(
    [...states].flatMap(([cluster, state]) =>
      clusters.has(cluster) && hasRoles(state) ? [cluster] : [],
    ),
  );
}

/** Notes by the ARN of the role, however many service accounts share it. */
function byRole(noted: readonly NotedRole[]): Map<string, Set<AccessNote>> {
  const roles = new Map<string, Set<AccessNote>>();
  for (const { arn, notes } of noted) {
    roles.set(arn, new Set([...(roles.get(arn) ?? []), ...notes]));
  }
  return roles;
}

const countsOf = (roles: ReadonlyMap<string, ReadonlySet<AccessNote>>) =>
  (Object.keys(NOTES) as AccessNote[]).flatMap(note => {
    const count = [...roles.values()].filter(each => each.has(note)).length;
    return count > 0 ? [{ note, count }] : [];
  });

/** What was said to one owner, by cluster: how many roles have each note. */
export type SaidNotes = Record<string, string>;

/** What the digest would tell the owner now; of clusters whose roles the last look did not read, what it told last. */
export function notesNow(
  digest: Digest | undefined,
  said: SaidNotes = {},
  read: ReadonlySet<string>,
): SaidNotes {
  const kept = Object.entries(said).filter(([cluster]) => !read.has(cluster));
  const now = [...read].sort().flatMap(cluster => {
    const roles = byRole(
      digest?.noted.filter(role => role.cluster === cluster) ?? [],
    );
    const counts = countsOf(roles).map(({ note, count }) => `${note} ${count}`);
    return roles.size > 0 ? [[cluster, `${roles.size}: ${counts}`]] : [];
  });
  return Object.fromEntries([...kept, ...now]);
}

/** Whether a read cluster has something that was not said so. */
export const areNew = (now: SaidNotes, said: SaidNotes = {}): boolean =>
  [...new Set([...Object.keys(now), ...Object.keys(said)])].some(
    cluster => now[cluster] !== said[cluster],
  );

/** One line; undefined where there is nothing to say. */
function lineOfNotes({ noted }: Digest): string | undefined {
  const roles = byRole(noted);
  if (roles.size === 0) return undefined;
  const counts = countsOf(roles).map(
    ({ note, count }) => `${NOTES[note]} (${count})`,
  );
  const names = [...roles.keys()].map(arn => arn.split('/').pop()!).sort();
  const more = names.length - NAMED;
  const what =
    roles.size === 1
      ? 'The trust policy of 1 role is'
      : `The trust policies of ${roles.size} roles are`;
  return `${what} worth a look, although nothing breaks today: ${counts.join(
    ', ',
  )}. ${names.slice(0, NAMED).join(', ')}${
    more > 0 ? ` and ${more} more` : ''
  }.`;
}

/** What is sent, but for its topic and its scope. */
export async function payloadOf(
  owner: string,
  digest: Digest,
  { entities, appBaseUrl }: { entities: Entities; appBaseUrl: string },
): Promise<NotificationSendOptions['payload']> {
  const { unwell } = digest;
  const lines = await Promise.all(
    unwell
      .slice(0, NAMED)
      .map(
        async ({ cluster, entityRef, status, headline }) =>
          `${await entities.titleOf(entityRef)} on ${cluster}: ${
            STATUS_WORDS[status].word
          }. ${headline}`,
      ),
  );
  const more = unwell.length - lines.length;
  // Rows of the roles may be linked to other owners, or to none
  const page =
    unwell.length > 0
      ? `associations?ownedBy=${encodeURIComponent(owner)}`
      : 'access';
  return {
    title: titleOf(unwell.length),
    description: [
      ...lines,
      ...(more > 0 ? [`${more} more on the page.`] : []),
      lineOfNotes(digest),
    ]
      .filter(Boolean)
      .join('\n'),
    link: `${appBaseUrl}/aws-identities/${page}`,
    severity: severityOf(unwell),
  };
}

function titleOf(unwell: number): string {
  if (unwell === 0) return 'AWS roles: trust policies worth a look';
  return unwell === 1
    ? '1 AWS identity needs attention'
    : `${unwell} AWS identities need attention`;
}

function severityOf(unwell: OwnedStatus[]): 'high' | 'normal' | 'low' {
  if (unwell.length === 0) return 'low';
  return unwell.some(({ status }) => levelOf(status) === 'bad')
    ? 'high'
    : 'normal';
}
