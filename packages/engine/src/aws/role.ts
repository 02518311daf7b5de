import type { Role as SdkRole } from '@aws-sdk/client-iam';
import { packages } from '../async/packages';
import { nameOfArn } from './arn';
import { orUndefined } from './orUndefined';
import { tagRecord } from './tags';
import type { AwsClients } from './types';

interface Session {
  aws: Pick<AwsClients, 'iam'>;
}

/** An IAM role without its policies. */
export interface Role {
  arn: string;
  name: string;
  path: string;
  /** `AROA…`: differs for a recreated role of the same name. */
  roleId: string;
  description: string;
  tags: Record<string, string>;
  maxSessionDurationSeconds?: number;
  /** Epoch milliseconds. */
  createdAt?: number;
  /** The document, decoded. */
  trustPolicy: unknown;
  permissionsBoundaryArn?: string;
  /** Last use by anything in the trailing 400 days; AWS may lag by hours. */
  lastUsed?: { at: number; region?: string };
}

/** Policies attached to a role. */
export interface RolePolicies {
  /** ARNs. */
  attached: string[];
  /** Names. */
  inline: string[];
}

/** A policy inside a role. */
export interface InlinePolicy {
  name: string;
  /** The document, decoded. */
  document: unknown;
}

/** IAM percent-encodes documents (RFC 3986). Text that is not JSON is returned unchanged. */
export function decodeDocument(document: string | undefined): unknown {
  if (!document) return undefined;
  try {
    return JSON.parse(decodeURIComponent(document));
  } catch {
    return document;
  }
}

function lastUseOf({ RoleLastUsed: used }: Partial<SdkRole>): Role['lastUsed'] {
  return used?.LastUsedDate
    ? { at: used.LastUsedDate.getTime(), region: used.Region }
    : undefined;
}

/** A role as GetRole and GetAccountAuthorizationDetails (which calls it RoleDetail) describe it. */
export function toRole(role: Partial<SdkRole>): Role {
  const arn = role.Arn ?? '';
  return {
    arn,
    name: role.RoleName ?? nameOfArn(arn),
    path: role.Path ?? '/',
    roleId: role.RoleId ?? '',
    description: role.Description ?? '',
    tags: tagRecord(role.Tags),
    maxSessionDurationSeconds: role.MaxSessionDuration,
    createdAt: role.CreateDate?.getTime(),
    trustPolicy: decodeDocument(role.AssumeRolePolicyDocument),
    permissionsBoundaryArn: role.PermissionsBoundary?.PermissionsBoundaryArn,
    lastUsed: lastUseOf(role),
  };
}

/** The role of that name; `undefined` when there is none. */
export async function readRole(
  { aws }: Session,
  RoleName: string,
  abortSignal?: AbortSignal,
): Promise<Role | undefined> {
  const answer = await orUndefined(
    aws.iam.send(new packages.iam.GetRoleCommand({ RoleName }), {
      abortSignal,
    }),
  );
  return answer?.Role && toRole(answer.Role);
}

/** ARNs of the managed policies of a role; every page. */
export async function listManagedPolicies(
  { aws }: Session,
  RoleName: string,
  abortSignal?: AbortSignal,
): Promise<string[]> {
  const arns: string[] = [];
  const pages = packages.iam.paginateListAttachedRolePolicies(
    { client: aws.iam },
    { RoleName },
    { abortSignal },
  );
  for await (const { AttachedPolicies = [] } of pages) {
    for (const { PolicyArn } of AttachedPolicies) {
      if (PolicyArn) arns.push(PolicyArn);
    }
  }
  return arns;
}

/** Names of the inline policies of a role; every page. */
export async function listInlinePolicies(
  { aws }: Session,
  RoleName: string,
  abortSignal?: AbortSignal,
): Promise<string[]> {
  const names: string[] = [];
  const pages = packages.iam.paginateListRolePolicies(
    { client: aws.iam },
    { RoleName },
    { abortSignal },
  );
  for await (const { PolicyNames = [] } of pages) names.push(...PolicyNames);
  return names;
}

/** Names of the instance profiles that hold a role; every page. */
export async function listInstanceProfiles(
  { aws }: Session,
  RoleName: string,
  abortSignal?: AbortSignal,
): Promise<string[]> {
  const names: string[] = [];
  const pages = packages.iam.paginateListInstanceProfilesForRole(
    { client: aws.iam },
    { RoleName },
    { abortSignal },
  );
  for await (const { InstanceProfiles = [] } of pages) {
    for (const { InstanceProfileName } of InstanceProfiles) {
      names.push(InstanceProfileName ?? '');
    }
  }
  return names;
}

/** Document of an inline policy, decoded; `undefined` when there is none. */
export async function readInlinePolicy(
  { aws }: Session,
  RoleName: string,
  PolicyName: string,
  abortSignal?: AbortSignal,
): Promise<unknown> {
  const answer = await orUndefined(
    aws.iam.send(
      new packages.iam.GetRolePolicyCommand({ RoleName, PolicyName }),
      {
        abortSignal,
      },
    ),
  );
  return decodeDocument(answer?.PolicyDocument);
}

/** Document of a managed policy's default version, decoded; `undefined` when there is none. */
export async function readManagedPolicy(
  { aws }: Session,
  PolicyArn: string,
  abortSignal?: AbortSignal,
): Promise<unknown> {
  const found = await orUndefined(
    aws.iam.send(new packages.iam.GetPolicyCommand({ PolicyArn }), {
      abortSignal,
    }),
  );
  const VersionId = found?.Policy?.DefaultVersionId;
  if (!VersionId) return undefined;
  const answer = await orUndefined(
    aws.iam.send(
      new packages.iam.GetPolicyVersionCommand({ PolicyArn, VersionId }),
      {
        abortSignal,
      },
    ),
  );
  return decodeDocument(answer?.PolicyVersion?.Document);
}
