import { readRolesWithPolicies } from '../aws/accountPolicies';
import {
  addonsByRole,
  type AddonVersion,
  listAddons,
  takesPodIdentity,
} from '../aws/addon';
import { listOidcProviders } from '../aws/oidcProviders';
import { type Fact, known } from '../verification/framework/fact';
import { type AccessRequest, askAws, askInTurn, entry } from './asking';
import { collectAssociations, withAskedRoles } from './associations';
import type { AccessFacts, AddonInUse } from './facts';

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
export async function collectFromAws(
  request: AccessRequest,
): Promise<
  Pick<AccessFacts, 'associations' | 'addons' | 'providers' | 'roles'>
> {
  const associations = await collectAssociations(request);
  const found = {
    addons: await addons(request),
    providers: await providers(request),
    roles: await roles(request),
  };
  return {
    ...found,
    associations: await withAskedRoles(request, associations, found.roles),
  };
}
