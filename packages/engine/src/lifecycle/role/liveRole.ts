import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { classifyAwsError } from '../../aws/classify';
import { listInlinePolicies, listManagedPolicies } from '../../aws/role';
import type { ClusterSession } from '../../clusters/types';
import { isOurInlinePolicy } from '../../identity/names';
import { parsePolicyDocument, PolicyDocument } from '../../iam/policyDocument';

/** A role as IAM has it, without its policies. */
export interface LiveRoleHead {
  arn: string;
  name: string;
  path: string;
  roleId: string;
  createdAt?: Date;
  description: string;
  trust: PolicyDocument;
  tags: Record<string, string>;
  boundaryArn?: string;
}

/** A role with its policies. */
export interface LiveRole extends LiveRoleHead {
  /** ARNs. */
  managed: string[];
  /** Name → document; `undefined` when it was not looked at because it is not ours. */
  inline: Map<string, PolicyDocument | undefined>;
}

/** The role of that name; `undefined` when there is none. */
export async function readRoleHead(
  session: ClusterSession,
  roleName: string,
  signal?: AbortSignal,
): Promise<LiveRoleHead | undefined> {
  try {
    const { Role: role } = await session.aws.iam.send(
      new GetRoleCommand({ RoleName: roleName }),
      { abortSignal: signal },
    );
    return (
      role && {
        arn: role.Arn ?? '',
        name: role.RoleName ?? roleName,
        path: role.Path ?? '/',
        roleId: role.RoleId ?? '',
        createdAt: role.CreateDate,
        description: role.Description ?? '',
        trust: parsePolicyDocument(role.AssumeRolePolicyDocument ?? '{}'),
        tags: Object.fromEntries(
          (role.Tags ?? []).map(tag => [tag.Key ?? '', tag.Value ?? '']),
        ),
        boundaryArn: role.PermissionsBoundary?.PermissionsBoundaryArn,
      }
    );
  } catch (error) {
    if (classifyAwsError(error).kind === 'not-found') return undefined;
    throw error;
  }
}

/** One inline policy; `undefined` when there is none. */
export async function readInlinePolicy(
  session: ClusterSession,
  roleName: string,
  policyName: string,
  signal?: AbortSignal,
): Promise<PolicyDocument | undefined> {
  try {
    const { PolicyDocument: document } = await session.aws.iam.send(
      new GetRolePolicyCommand({ RoleName: roleName, PolicyName: policyName }),
      { abortSignal: signal },
    );
    return parsePolicyDocument(document ?? '{}');
  } catch (error) {
    if (classifyAwsError(error).kind === 'not-found') return undefined;
    throw error;
  }
}

/** Document of a managed policy's default version; `undefined` when there is none. */
async function readManagedPolicy(
  session: ClusterSession,
  arn: string,
  signal?: AbortSignal,
): Promise<PolicyDocument | undefined> {
  try {
    const { Policy: policy } = await session.aws.iam.send(
      new GetPolicyCommand({ PolicyArn: arn }),
      { abortSignal: signal },
    );
    if (!policy?.DefaultVersionId) return undefined;
    const { PolicyVersion: version } = await session.aws.iam.send(
      new GetPolicyVersionCommand({
        PolicyArn: arn,
        VersionId: policy.DefaultVersionId,
      }),
      { abortSignal: signal },
    );
    return parsePolicyDocument(version?.Document ?? '{}');
  } catch (error) {
    if (classifyAwsError(error).kind === 'not-found') return undefined;
    throw error;
  }
}

/** A role with its policies; the documents of inline policies only where they are ours. */
export async function readRole(
  session: ClusterSession,
  roleName: string,
  signal?: AbortSignal,
): Promise<LiveRole | undefined> {
  const head = await readRoleHead(session, roleName, signal);
  return head && withPolicies(session, head, signal);
}

/** A role that has been read, and its policies. */
export async function withPolicies(
  session: ClusterSession,
  head: LiveRoleHead,
  signal?: AbortSignal,
): Promise<LiveRole> {
  const [managed, inlineNames] = await Promise.all([
    listManagedPolicies(session, head.name, signal),
    listInlinePolicies(session, head.name, signal),
  ]);
  const inline = new Map<string, PolicyDocument | undefined>(
    await Promise.all(
      inlineNames.map(
        async (name): Promise<[string, PolicyDocument | undefined]> => [
          name,
          isOurInlinePolicy(name)
            ? await readInlinePolicy(session, head.name, name, signal)
            : undefined,
        ],
      ),
    ),
  );
  return { ...head, managed, inline };
}

/** Every inline policy of a role with its document, whoever wrote it. */
export async function readInlineDocuments(
  session: ClusterSession,
  role: LiveRole,
  signal?: AbortSignal,
): Promise<Map<string, PolicyDocument>> {
  const documents = new Map<string, PolicyDocument>();
  await Promise.all(
    [...role.inline].map(async ([name, known]) => {
      const document =
        known ?? (await readInlinePolicy(session, role.name, name, signal));
      if (document) documents.set(name, document);
    }),
  );
  return documents;
}

/** Every permission document of a role, inline and managed: for questions about a role that is not ours. */
export async function readPermissionDocuments(
  session: ClusterSession,
  role: LiveRole,
  signal?: AbortSignal,
): Promise<PolicyDocument[]> {
  const documents = await Promise.all([
    ...[...role.inline].map(([name, known]) =>
      known
        ? Promise.resolve(known)
        : readInlinePolicy(session, role.name, name, signal),
    ),
    ...role.managed.map(arn => readManagedPolicy(session, arn, signal)),
  ]);
  return documents.filter((doc): doc is PolicyDocument => doc !== undefined);
}
