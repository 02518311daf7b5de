import type { PodIdentityAssociationSummary } from '@aws-sdk/client-eks';
import { nameOfArn } from '../aws/arn';
import {
  type Association,
  describeListed,
  findAssociation,
  listAssociations,
} from '../aws/association';
import { Memo } from '../async/memo';
import { readRole, type Role } from '../aws/role';
import { type Fact, known } from '../verification/framework/fact';
import { type AccessRequest, askAws, askInTurn } from './asking';
import type { AccessFacts, AssociationOfAccount, RoleOfAccount } from './facts';

const toAccount = ({
  arn,
  roleArn,
  targetRoleArn,
  disableSessionTags,
  policy,
  externalId,
  ownerArn,
  tags,
}: Association): AssociationOfAccount => ({
  ...(arn ? { arn } : {}),
  ...(roleArn ? { roleArn } : {}),
  ...(targetRoleArn ? { targetRoleArn } : {}),
  disableSessionTags,
  ...(policy ? { policy } : {}),
  ...(externalId ? { externalId } : {}),
  ...(ownerArn ? { ownerArn } : {}),
  tags,
});

const inAccounts = (found: ReadonlyMap<string, Association>) =>
  new Map([...found].map(([key, one]) => [key, toAccount(one)] as const));

/** Those that have to be described: one call each, and a cluster has hundreds. An update of an add-on names all of its own. */
const isToDescribe =
  ({ only }: AccessRequest) =>
  ({ namespace, serviceAccount, ownerArn }: PodIdentityAssociationSummary) =>
    !only ||
    ownerArn !== undefined ||
    (namespace === only.namespace && serviceAccount === only.serviceAccount);

/** Associations with what the look needs of them. */
export async function collectAssociations(
  request: AccessRequest,
): Promise<AccessFacts['associations']> {
  const { session, signal } = request;
  const { arn } = session.cluster;
  const isDescribed = isToDescribe(request);
  const describe = async (listed: PodIdentityAssociationSummary[]) => {
    const wanted = listed.filter(isDescribed);
    const others = listed.filter(one => !isDescribed(one));
    return new Map([
      ...inAccounts(await describeListed(session, wanted, signal)),
      ...others.map(
        ({ namespace, serviceAccount, associationArn }) =>
          [
            `${namespace}/${serviceAccount}`,
            { arn: associationArn, disableSessionTags: false, tags: {} },
          ] as const,
      ),
    ]);
  };
  return request.associations
    ? known(inAccounts(request.associations))
    : askInTurn(
        request,
        [
          { action: 'eks:ListPodIdentityAssociations', resource: arn },
          { action: 'eks:DescribePodIdentityAssociation', resource: arn },
        ],
        () => listAssociations(session, {}, signal),
        describe,
      );
}

/**
 * Asks by itself for each role of an association that the list of roles lacks. The two are of different moments, which
 * may be a sweep apart, and IAM lists a role that was just made seconds later: so the association is read again, too.
 */
export async function withAbsentRoles(
  request: AccessRequest,
  { associations, roles }: Pick<AccessFacts, 'associations' | 'roles'>,
): Promise<Pick<AccessFacts, 'associations' | 'roles'>> {
  if (!associations.known || !roles.known) return { associations, roles };
  const { session, signal } = request;
  const { arn } = session.cluster;
  const read = new Map(associations.value);
  const all = new Map<string, RoleOfAccount>(roles.value);
  const asked = new Memo<string, Promise<Fact<Role | undefined>>>();
  for (const [key, stored] of associations.value) {
    if (!stored.roleArn || all.has(stored.roleArn)) continue;
    const [namespace, serviceAccount] = key.split('/');
    const now = await askAws(
      request,
      { action: 'eks:DescribePodIdentityAssociation', resource: arn },
      () => findAssociation(session, { namespace, serviceAccount }, signal),
    );
    if (!now.known) {
      read.set(key, { ...stored, absentRole: now });
      continue;
    }
    if (!now.value) {
      read.delete(key);
      continue;
    }
    const association = toAccount(now.value);
    read.set(key, association);
    const { roleArn } = now.value;
    if (all.has(roleArn)) continue;
    const role = await asked.get(roleArn, () =>
      askAws(request, { action: 'iam:GetRole', resource: roleArn }, () =>
        readRole(session, nameOfArn(roleArn), signal),
      ),
    );
    if (role.known && role.value?.arn === roleArn) {
      // What its policies allow was not read
      all.set(roleArn, { role: role.value, mayAssume: true });
    } else {
      const absentRole = role.known ? known(role.value?.arn) : role;
      read.set(key, { ...association, absentRole });
    }
  }
  return { associations: known(read), roles: known(all) };
}
