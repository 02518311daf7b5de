import {
  GetRoleCommand,
  GetRolePolicyCommand,
  type Role,
} from '@aws-sdk/client-iam';
import { classifyAwsError } from '../../aws/classify';
import { listInlinePolicies, listManagedPolicies } from '../../aws/roleLists';
import { readRoleArn } from '../probe/identity';
import type { Collecting, Collector } from './collecting';
import { Fact, known, lacking } from './fact';
import { lackOfAws } from './lacks';
import type { RoleFact } from './types';

/** IAM URL-encodes documents (RFC 3986). */
export function decodeDocument(document: string | undefined): unknown {
  if (!document) return undefined;
  try {
    return JSON.parse(decodeURIComponent(document));
  } catch {
    return document;
  }
}

/** A role as GetRole and GetAccountAuthorizationDetails (which calls it RoleDetail) describe it. */
export function roleFact(role: Partial<Role>): RoleFact {
  const arn = role.Arn ?? '';
  return {
    arn,
    name: role.RoleName ?? readRoleArn(arn).name,
    path: role.Path ?? '/',
    roleId: role.RoleId ?? '',
    tags: Object.fromEntries(
      (role.Tags ?? []).map(tag => [tag.Key ?? '', tag.Value ?? '']),
    ),
    maxSessionDurationSeconds: role.MaxSessionDuration,
    createdAt: role.CreateDate?.getTime(),
    trustPolicy: decodeDocument(role.AssumeRolePolicyDocument),
    permissionsBoundaryArn: role.PermissionsBoundary?.PermissionsBoundaryArn,
  };
}

async function readRole(
  c: Collecting,
  arn: string,
): Promise<Fact<RoleFact | null>> {
  const { name } = readRoleArn(arn);
  try {
    const { Role } = await c.read.aws.iam.send(
      new GetRoleCommand({ RoleName: name }),
      { abortSignal: c.signal },
    );
    // A role of that name under another path is another role.
    if (!Role || Role.Arn !== arn) return known(null);
    return known(roleFact(Role));
  } catch (error) {
    if (classifyAwsError(error).kind === 'not-found') return known(null);
    return lacking(lackOfAws(error, { action: 'iam:GetRole', resource: arn }));
  }
}

/** ARN of the first role: the association's, else the one that is expected. */
async function firstRole(c: Collecting): Promise<Fact<string>> {
  const association = await c.get('association');
  if (association.known && association.value) {
    return known(association.value.roleArn);
  }
  const expected = await c.get('expected');
  const arn = expected.known
    ? expected.value.roleArn ?? expected.value.effectiveRoleArn
    : undefined;
  if (arn) return known(arn);
  if (!association.known) return association;
  return lacking({
    kind: 'because',
    because: 'association.exists',
    sentence:
      'Not looked at, because there is no association that names a role.',
  });
}

export const collectRole: Collector<'role'> = async c => {
  const arn = await firstRole(c);
  return arn.known ? readRole(c, arn.value) : arn;
};

export const collectRolePolicies: Collector<'rolePolicies'> = async c => {
  const role = await c.get('role');
  if (!role.known) return role;
  if (!role.value) {
    return lacking({
      kind: 'because',
      because: 'role.exists',
      sentence: 'Not looked at, because the role does not exist.',
    });
  }
  const { name, arn } = role.value;
  let action = 'iam:ListAttachedRolePolicies';
  try {
    const attached = await listManagedPolicies(c.read, name, c.signal);
    action = 'iam:ListRolePolicies';
    const inline = await listInlinePolicies(c.read, name, c.signal);
    return known({ attached: attached.sort(), inline: inline.sort() });
  } catch (error) {
    return lacking(lackOfAws(error, { action, resource: arn }));
  }
};

async function inlineDocuments(
  c: Collecting,
  role: RoleFact,
  names: readonly string[],
): Promise<Fact<{ name: string; document: unknown }[]>> {
  try {
    const documents = [];
    for (const name of names) {
      const { PolicyDocument } = await c.read.aws.iam.send(
        new GetRolePolicyCommand({ RoleName: role.name, PolicyName: name }),
        { abortSignal: c.signal },
      );
      documents.push({ name, document: decodeDocument(PolicyDocument) });
    }
    return known(documents);
  } catch (error) {
    return lacking(
      lackOfAws(error, { action: 'iam:GetRolePolicy', resource: role.arn }),
    );
  }
}

export const collectTargetRole: Collector<'targetRole'> = async c => {
  const association = await c.get('association');
  if (!association.known) return association;
  const arn = association.value?.targetRoleArn;
  if (!arn) return known(null);
  const { accountId } = readRoleArn(arn);
  const target: Fact<RoleFact | null> =
    accountId === c.read.cluster.accountId
      ? await readRole(c, arn)
      : lacking({
          kind: 'unreachable',
          sentence: `The target role is in account ${accountId}, into which the portal cannot look.`,
        });
  const role = await c.get('role');
  const policies = await c.get('rolePolicies');
  let documents: Fact<{ name: string; document: unknown }[]>;
  if (!policies.known) documents = policies;
  else if (!role.known) documents = role;
  else if (!role.value) documents = known([]);
  else documents = await inlineDocuments(c, role.value, policies.value.inline);
  return known({
    arn,
    externalId: association.value?.externalId,
    role: target,
    documents,
  });
};
