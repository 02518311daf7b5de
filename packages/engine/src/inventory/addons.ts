import { asSentence } from '../text/fullStop';
import { listed } from '../text/listed';
import { valueOf } from '../verification/framework/fact';
import type { AccessFacts, AddonInUse, AssociationOfAccount } from './facts';
import type { Judgement } from './judgement';
import type { Obstacles } from './obstacles';
import { type Account, otherAccountOf } from './roads';

const supports = ({ takesPodIdentity }: AddonInUse, name: string) =>
  valueOf(takesPodIdentity)?.includes(name) === true;

/** Whether an update of an add-on moves a service account to Pod Identity. */
function supportOf(addon: AddonInUse, account: string): string {
  const { name, version, takesPodIdentity } = addon;
  if (!takesPodIdentity.known) {
    return `An update of ${name} moves it if version ${version} supports Pod Identity, which was not read: ${takesPodIdentity.lack.sentence}`;
  }
  if (supports(addon, account)) {
    return `An update of ${name} moves it: version ${version} supports Pod Identity.`;
  }
  const others = takesPodIdentity.value;
  return others.length > 0
    ? `${name} stays on IRSA with it until a version supports Pod Identity for it: ${version} does for ${listed(
        others,
      )} only.`
    : `${name} stays on IRSA until a version of it supports Pod Identity, which ${version} does not.`;
}

/** `vpc-cni`, whose association it is, of `arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/vpc-cni/<uuid>`. */
export const addonOf = (
  association: AssociationOfAccount | undefined,
): string | undefined => association?.ownerArn?.split('/')[2];

/** An add-on of EKS with the associations that it keeps, and that an update has to name all. */
export interface AddonUpdate {
  name: string;
  /** All but that of the service account in question. */
  others: { serviceAccount: string; roleArn: string }[];
}

/** The add-on whose update moves a service account, or has moved it; undefined where none is known to, or not its whole list. */
export function addonToUpdate(
  account: Account,
  { addons, associations }: AccessFacts,
): AddonUpdate | undefined {
  const { annotated, association } = account;
  if (!associations.known) return undefined;
  const having = annotated?.byEks
    ? valueOf(addons)?.get(annotated.roleArn) ?? []
    : [];
  // An add-on cannot take over an association that others made
  const [next] =
    !association && having.length === 1 && supports(having[0], account.name)
      ? having
      : [];
  const name = addonOf(association) ?? next?.name;
  if (name === undefined) return undefined;
  const others: AddonUpdate['others'] = [];
  for (const [key, one] of associations.value) {
    if (addonOf(one) !== name || one === association) continue;
    const { roleArn } = one;
    // What the list leaves out, EKS deletes
    if (!roleArn) return undefined;

    others.push({ serviceAccount: key.slice(key.indexOf('/') + 1), roleArn });
  }
  return { name, others };
}

/** Of a service account of one of these add-ons, all of which have its role. */
export function ofAddon(
  account: Account,
  facts: AccessFacts,
  having: readonly AddonInUse[],
  { blocked, unknown, notes }: Obstacles,
): Judgement {
  const isRead =
    facts.roles.known && facts.roles.value.has(account.annotated!.roleArn);
  const movesByHand =
    isRead &&
    // What is not known of its programs, EKS knows of the version
    blocked.length === 0 &&
    !otherAccountOf(account, facts) &&
    addonToUpdate(account, facts) !== undefined;
  return {
    verdict: 'add-on',
    ...(having.length === 1 ? { addon: having[0].name } : {}),
    sentence: [
      having.length === 1
        ? `The add-on ${having[0].name} has it.`
        : `An add-on has it, one of ${listed(having.map(({ name }) => name))}.`,
      ...having.map(one => supportOf(one, account.name)),
    ].join(' '),
    reasons: [...blocked, ...unknown.map(asSentence), ...notes],
    ...(movesByHand ? { movesByHand } : {}),
  };
}
