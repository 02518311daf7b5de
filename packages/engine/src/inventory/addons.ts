import { mayMove } from 'backstage-plugin-eks-pod-identity-common';
import { listed } from '../text/listed';
import { valueOf } from '../verification/framework/fact';
import type { AccessFacts, AddonInUse, AssociationOfAccount } from './facts';
import type { Judgement } from './judgement';
import type { Account } from './roads';

const supports = (
  { namespace, takesPodIdentity }: AddonInUse,
  account: Account,
) =>
  namespace === account.namespace &&
  valueOf(takesPodIdentity)?.includes(account.name) === true;

/** Whether an update of the associations of an add-on moves a service account to Pod Identity. */
function supportOf(addon: AddonInUse, account: Account): string {
  const { name, version, takesPodIdentity } = addon;
  const update = `An update of the associations of ${name} moves it`;
  if (!takesPodIdentity.known) {
    return `${update} if version ${version} supports Pod Identity, which was not read: ${takesPodIdentity.lack.sentence}`;
  }
  if (supports(addon, account)) {
    return `${update}: version ${version} supports Pod Identity.`;
  }
  const others = takesPodIdentity.value;
  return others.length > 0
    ? `${name} keeps it on IRSA until a version supports Pod Identity for it; ${version} does for ${listed(
        others,
      )} in namespace ${addon.namespace} only.`
    : `${name} stays on IRSA until a version of it supports Pod Identity, which ${version} does not.`;
}

/** `vpc-cni`, whose association it is, of `arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/vpc-cni/<uuid>`. */
export const addonOf = (
  association: AssociationOfAccount | undefined,
): string | undefined => association?.ownerArn?.split('/')[2];

/** An add-on of EKS whose update gives a service account its association, or takes it away. */
export interface AddonUpdate {
  name: string;
  /** The one for IRSA, which it has beside its associations. */
  roleArn?: string;
  /** Of the service account in question. */
  own?: { arn: string };
  /** The associations that it has beside that one: an update names them all. */
  others: { arn: string; serviceAccount: string; roleArn: string }[];
}

/** The one whose update moves a service account, or has moved it; undefined where none is known to, or not its whole list. */
export function addonToUpdate(
  account: Account,
  { addons, associations }: AccessFacts,
): AddonUpdate | undefined {
  const { annotated, association } = account;
  if (!associations.known || !addons.known) return undefined;
  const having = annotated?.byEks
    ? addons.value.get(annotated.roleArn) ?? []
    : [];
  // An add-on cannot take over an association that others made
  const [next] =
    !association && having.length === 1 && supports(having[0], account)
      ? having
      : [];
  const name = addonOf(association) ?? next?.name;
  if (name === undefined) return undefined;
  const found: AddonUpdate = { name, others: [] };
  for (const [key, one] of associations.value) {
    if (addonOf(one) !== name) continue;
    const { arn, roleArn } = one;
    // What the list leaves out, EKS deletes
    if (!arn || !roleArn) return undefined;
    if (one === association) found.own = { arn };
    else {
      const serviceAccount = key.slice(key.indexOf('/') + 1);
      found.others.push({ arn, serviceAccount, roleArn });
    }
  }
  for (const [roleArn, all] of addons.value) {
    if (all.some(one => one.name === name)) found.roleArn = roleArn;
  }
  return found;
}

/**
 * Of a service account of one of these add-ons, all of which have its role.
 *
 * @param otherwise - what would be said of it without an add-on; undefined where its role was not read
 */
export function ofAddon(
  account: Account,
  facts: AccessFacts,
  having: readonly AddonInUse[],
  otherwise: Judgement | undefined,
): Judgement {
  const update = addonToUpdate(account, facts);
  const movesByHand = update && otherwise && mayMove(otherwise);
  return {
    verdict: 'add-on',
    ...(having.length === 1 ? { addon: having[0].name } : {}),
    sentence: [
      having.length === 1
        ? `The add-on ${having[0].name} has it.`
        : `An add-on has it, one of ${listed(having.map(({ name }) => name))}.`,
      ...having.map(one => supportOf(one, account)),
    ].join(' '),
    ...(update && otherwise && !movesByHand
      ? { reasons: [otherwise.sentence, ...(otherwise.reasons ?? [])] }
      : {}),
    ...(movesByHand ? { movesByHand, statement: otherwise.statement } : {}),
  };
}
