import type { PodIdentityAssociationSummary } from '@aws-sdk/client-eks';
import { readRolesWithPolicies } from '../aws/accountPolicies';
import {
  addonsByRole,
  type AddonVersion,
  listAddons,
  takesPodIdentity,
} from '../aws/addon';
import {
  type Association,
  describeListed,
  listAssociations,
} from '../aws/association';
import { listOidcProviders } from '../aws/oidcProviders';
import { type Fact, known } from '../verification/framework/fact';
import type { AwsRight } from '../verification/framework/rights';
import { type AccessRequest, askAws, entry } from './asking';
import type { AccessFacts, AddonInUse, AssociationOfAccount } from './facts';

/** Lists names and then reads each of them, which are two rights. */
async function askInTurn<Listed, Read>(
  request: AccessRequest,
  [toList, toRead]: [AwsRight, AwsRight],
  list: () => Promise<Listed>,
  read: (listed: Listed) => Promise<Read>,
): Promise<Fact<Read>> {
  const listed = await askAws(request, toList, list);
  return listed.known
    ? askAws(request, toRead, () => read(listed.value))
    : listed;
}

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

async function associations(
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

const providers = (request: AccessRequest): Promise<AccessFacts['providers']> =>
  askAws(
    request,
    { action: 'iam:ListOpenIDConnectProviders', resource: '*' },
    () => listOidcProviders(request.session, request.signal),
  );

/** Asks of each version whether it supports Pod Identity, until that is denied. */
async function withSupport(
  request: AccessRequest,
  byRole: ReadonlyMap<string, AddonVersion[]>,
): Promise<Map<string, AddonInUse[]>> {
  const { session, signal } = request;
  const right = { action: 'eks:DescribeAddonConfiguration', resource: '*' };
  const found = new Map<string, AddonInUse[]>();
  let last: Fact<string[]> | undefined;
  for (const [role, having] of byRole) {
    for (const one of having) {
      if (last?.known !== false || last.lack.kind !== 'denied') {
        last = await askAws(request, right, () =>
          takesPodIdentity(session, one, signal),
        );
      }
      entry<AddonInUse[]>(found, role, () => []).push({
        ...one,
        takesPodIdentity: last,
      });
    }
  }
  return found;
}

async function addons(request: AccessRequest): Promise<AccessFacts['addons']> {
  const { session, signal } = request;
  const { arn } = session.cluster;
  const described = await askInTurn(
    request,
    [
      { action: 'eks:ListAddons', resource: arn },
      { action: 'eks:DescribeAddon', resource: arn },
    ],
    () => listAddons(session, signal),
    names => addonsByRole(session, names, signal),
  );
  return described.known
    ? known(await withSupport(request, described.value))
    : described;
}

const roles = (request: AccessRequest): Promise<AccessFacts['roles']> =>
  askAws(
    request,
    { action: 'iam:GetAccountAuthorizationDetails', resource: '*' },
    async () => {
      const read = await (request.roles ??
        readRolesWithPolicies(request.session, request.signal));
      return new Map(
        [...read].map(([arn, { role, mayAssume = true, sessionPolicies }]) => [
          arn,
          { role, mayAssume, sessionPolicies },
        ]),
      );
    },
  );

/** What the account says of the cluster and of its roles. One call after the other, at the pace of the account. */
export const collectFromAws = async (
  request: AccessRequest,
): Promise<
  Pick<AccessFacts, 'associations' | 'addons' | 'providers' | 'roles'>
> => ({
  associations: await associations(request),
  addons: await addons(request),
  providers: await providers(request),
  roles: await roles(request),
});
