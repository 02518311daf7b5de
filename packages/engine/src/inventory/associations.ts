import type { PodIdentityAssociationSummary } from '@aws-sdk/client-eks';
import { nameOfArn } from '../aws/arn';
import {
  type Association,
  associationsArn,
  describeListed,
  findAssociation,
  listAssociations,
} from '../aws/association';
import { readRole, type Role } from '../aws/role';
import { type Fact, known, lacking } from '../verification/framework/fact';
import { type AccessRequest, askAws, askInTurn } from './asking';
import type { AccessFacts, AssociationOfAccount } from './facts';
import { associationTrust, roleOfAssociation } from './trust';

const toAccount = ({
  arn,
  roleArn,
  targetRoleArn,
  disableSessionTags,
  policy,
  externalId,
  ownerArn,
  tags,
  modifiedAt,
}: Association): AssociationOfAccount => ({
  ...(arn ? { arn } : {}),
  ...(roleArn ? { roleArn } : {}),
  ...(targetRoleArn ? { targetRoleArn } : {}),
  disableSessionTags,
  ...(policy ? { policy } : {}),
  ...(externalId ? { externalId } : {}),
  ...(ownerArn ? { ownerArn } : {}),
  tags,
  modifiedAt,
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

const describing = ({ session }: AccessRequest) => ({
  action: 'eks:DescribePodIdentityAssociation',
  resource: associationsArn(session.cluster),
});

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
          describing(request),
        ],
        () => listAssociations(session, {}, signal),
        describe,
      );
}

/** IAM shows what is new late: a role may be missing that an association was just given. */
const SHOWN_AFTER_MS = 2 * 60_000;
const TOO_NEW = lacking({
  kind: 'not-in-probe',
  sentence:
    'The association was changed within the last two minutes, and IAM shows a new role late.',
});

/** Describes again those that would be called broken: what was handed over may be a day old. */
async function describedAgain(
  request: AccessRequest,
  associations: ReadonlyMap<string, AssociationOfAccount>,
  roles: AccessFacts['roles'],
): Promise<Fact<ReadonlyMap<string, AssociationOfAccount>>> {
  const { session, signal } = request;
  const facts = { cluster: session.cluster, roles };
  const doubtful = [...associations].flatMap(([key, association]) => {
    const [namespace, name] = key.split('/');
    if (!association.roleArn) return [];
    const isRead = roleOfAssociation(association, roles) !== undefined;
    const account = { association, namespace, name };
    return isRead && associationTrust(account, facts)?.verdict !== 'denies'
      ? []
      : [{ key, namespace, serviceAccount: name, arn: association.arn }];
  });
  return askAws(request, describing(request), async () => {
    const described = await describeListed(
      session,
      doubtful.map(({ arn = '', ...one }) => ({
        ...one,
        associationId: nameOfArn(arn),
      })),
      signal,
    );
    const read = new Map(associations);
    for (const { key, ...target } of doubtful) {
      // Made again it has another id
      const now =
        described.get(key) ?? (await findAssociation(session, target, signal));
      if (now) read.set(key, toAccount(now));
      else read.delete(key);
    }
    return read;
  });
}

/** Asks by itself for each role of an association that the list of roles lacks: only what IAM says then counts as gone. */
export async function withAskedRoles(
  request: AccessRequest,
  associations: AccessFacts['associations'],
  roles: AccessFacts['roles'],
): Promise<AccessFacts['associations']> {
  if (!associations.known || !roles.known) return associations;
  const { session, signal, clock } = request;
  const now = request.associations
    ? await describedAgain(request, associations.value, roles)
    : associations;
  const read = new Map((now.known ? now : associations).value);
  const asked = new Map<string, Fact<Role | null>>();
  /** Why no further role is asked for. */
  let refused = now.known ? undefined : now;
  const ask = async (roleArn: string): Promise<Fact<Role | null>> => {
    const before = refused ?? asked.get(roleArn);
    if (before) return before;
    const answer = await askAws(
      request,
      { action: 'iam:GetRole', resource: roleArn },
      async () => (await readRole(session, nameOfArn(roleArn), signal)) ?? null,
    );
    asked.set(roleArn, answer);
    if (!answer.known && answer.lack.kind === 'denied') refused = answer;
    return answer;
  };
  for (const [key, association] of read) {
    const { roleArn, modifiedAt = 0 } = association;
    if (!roleArn || roles.value.has(roleArn)) continue;
    const isNew = clock.now() - modifiedAt < SHOWN_AFTER_MS;
    const askedRole = isNew ? TOO_NEW : await ask(roleArn);
    read.set(key, { ...association, askedRole });
  }
  return known(read);
}
