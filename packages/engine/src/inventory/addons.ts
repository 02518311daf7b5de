import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import { listed } from '../text/listed';
import type { AddonInUse, AssociationOfAccount } from './facts';

/** Whether an update of an add-on moves its service account to Pod Identity. */
function supportOf({ name, version, takesPodIdentity }: AddonInUse): string {
  if (!takesPodIdentity.known) {
    return `An update of ${name} moves it if version ${version} supports Pod Identity, which was not read: ${takesPodIdentity.lack.sentence}`;
  }
  return takesPodIdentity.value
    ? `An update of ${name} moves it: version ${version} supports Pod Identity.`
    : `${name} stays on IRSA until a version of it supports Pod Identity, which ${version} does not.`;
}

/** `vpc-cni`, whose association it is, of `arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/vpc-cni/<uuid>`. */
export const addonOf = (
  association: AssociationOfAccount | undefined,
): string | undefined => association?.ownerArn?.split('/')[2];

/** Of a service account of one of these add-ons, all of which have its role. */
export const ofAddon = (
  having: readonly AddonInUse[],
): Pick<AccessRow, 'addon' | 'verdict' | 'sentence'> => ({
  verdict: 'add-on',
  ...(having.length === 1 ? { addon: having[0].name } : {}),
  sentence: [
    having.length === 1
      ? `The add-on ${having[0].name} has it.`
      : `An add-on has it, one of ${listed(having.map(({ name }) => name))}.`,
    ...having.map(supportOf),
  ].join(' '),
});
