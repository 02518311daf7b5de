import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import {
  type AccessNote,
  accessNotesOf,
  STATUS_WORDS,
} from 'backstage-plugin-eks-pod-identity-common';
import { ownersNow } from 'eks-pod-identity-engine/portal';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import type { Store } from '../store';
import type { OwnedStatus } from '../store/FleetStore';
import { levelOf, UNWELL } from './levels';

/** Identities that a digest names; the page that it leads to has all. */
const NAMED = 5;

/** What is worth a look in a trust policy, in a few words. */
const NOTES: Record<AccessNote, string> = {
  'no-audience': 'no audience',
  'no-subject': 'no subject',
  pattern: 'a pattern of service accounts',
  'never-matches': 'a pattern under StringEquals',
  'dead-principal': 'a deleted user or role',
};

/** What one owner hears of. */
interface Digest {
  unwell: OwnedStatus[];
  /** Of each service account whose role is theirs. */
  notes: AccessNote[][];
}

type Entities = Pick<EntityDirectory, 'findMany' | 'titleOf'>;

/**
 * By owner: identities that do not work, by our tag on the association, and what is worth a look in the trust policies of
 * roles that a tag with the uid of a component gives them. Whose component only claims a service account hears nothing of it.
 *
 * @param clusters - ids of those that the portal has
 */
export async function digestsByOwner(
  { access, fleet }: Pick<Store, 'access' | 'fleet'>,
  entities: Entities,
  clusters: ReadonlySet<string>,
): Promise<Map<string, Digest>> {
  const found = new Map<string, Digest>();
  const of = (owner: string) => {
    const digest = found.get(owner) ?? { unwell: [], notes: [] };
    found.set(owner, digest);
    return digest;
  };
  for (const one of await fleet.owned(UNWELL)) {
    if (!clusters.has(one.cluster)) continue;
    new Set(one.ownerRefs).forEach(owner => of(owner).unwell.push(one));
  }
  const noted = (await access.held()).flatMap(({ row, holder }) => {
    const notes = accessNotesOf(row);
    return clusters.has(row.ref.cluster) && notes.length > 0
      ? [{ holder, notes }]
      : [];
  });
  const present = await entities.findMany([
    ...new Set(noted.map(({ holder }) => holder.entityRef)),
  ]);
  for (const { holder, notes } of noted) {
    const owners = ownersNow(holder, present.get(holder.entityRef));
    new Set(owners).forEach(owner => of(owner).notes.push(notes));
  }
  return found;
}

/** One line, without a name; undefined where there is nothing to say. */
export function lineOfNotes({ notes }: Digest): string | undefined {
  const counts = (Object.keys(NOTES) as AccessNote[]).flatMap(note => {
    const count = notes.filter(each => each.includes(note)).length;
    return count > 0 ? [`${NOTES[note]} (${count})`] : [];
  });
  return counts.length > 0
    ? `Nothing breaks today; worth a look in the trust policies of ${
        notes.length === 1
          ? '1 service account'
          : `${notes.length} service accounts`
      }: ${counts.join(', ')}.`
    : undefined;
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
  const page = unwell.length > 0 ? 'associations' : 'access';
  return {
    title: titleOf(unwell.length),
    description: [
      ...lines,
      ...(more > 0 ? [`${more} more on the page.`] : []),
      lineOfNotes(digest),
    ]
      .filter(Boolean)
      .join('\n'),
    link: `${appBaseUrl}/aws-identities/${page}?ownedBy=${encodeURIComponent(
      owner,
    )}`,
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
