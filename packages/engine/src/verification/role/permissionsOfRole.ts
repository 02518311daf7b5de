import { nameOfArn } from '../../aws/arn';
import {
  listInlinePolicies,
  listManagedPolicies,
  readInlinePolicy,
  readManagedPolicy,
  readRole,
} from '../../aws/role';
import type { ClusterSession } from '../../clusters/types';
import { type PolicyLine, policyInWords } from '../../iam/policyWords';
import { lackOfAws } from '../access/lacks';

/** A policy of a role with what it says. */
interface PolicyOfRole {
  name: string;
  /** Of a managed policy. */
  arn?: string;
  /** Undefined where it could not be read. */
  lines?: PolicyLine[];
  /** Decoded, as IAM has it. */
  document?: unknown;
  /** Why it could not be read, in a sentence. */
  unread?: string;
}

/** What the policies of a role let it do. @public */
export interface PermissionsOfRole {
  roleArn: string;
  policies: PolicyOfRole[];
  /** Nothing is allowed that this policy does not allow as well. */
  boundaryArn?: string;
}

/** IAM lets a role have more inline policies than a page can show. */
const MAX_INLINE = 20;

/**
 * Reads the permissions policies of a role: two calls for their names, two for each managed policy and one for each
 * inline policy, at most 20 of these. Not for a sweep.
 *
 * @returns undefined where there is no role with exactly this ARN
 * @throws what AWS answers where even the names cannot be read
 * @public
 */
export async function permissionsOfRole(
  session: ClusterSession,
  roleArn: string,
  signal: AbortSignal,
): Promise<PermissionsOfRole | undefined> {
  const role = await readRole(session, nameOfArn(roleArn), signal);
  // One of the same name at another path is another role
  if (role?.arn !== roleArn) return undefined;
  const [attached, inline] = await Promise.all([
    listManagedPolicies(session, role.name, signal),
    listInlinePolicies(session, role.name, signal),
  ]);
  const accountId = roleArn.split(':')[4];
  const read = async (
    policy: Pick<PolicyOfRole, 'name' | 'arn'>,
    action: string,
    reading: Promise<unknown>,
  ): Promise<PolicyOfRole> => {
    try {
      const document = await reading;
      if (document === undefined) {
        return { ...policy, unread: 'It was deleted while it was read.' };
      }
      const lines = policyInWords(document, accountId);
      return { ...policy, document, lines };
    } catch (error) {
      signal.throwIfAborted();
      const resource = policy.arn ?? roleArn;
      const { sentence } = lackOfAws(error, { action, resource }, session);
      return { ...policy, unread: sentence };
    }
  };
  const policies = await Promise.all([
    ...attached.map(arn =>
      read(
        { name: nameOfArn(arn), arn },
        'iam:GetPolicy',
        readManagedPolicy(session, arn, signal),
      ),
    ),
    ...inline
      .slice(0, MAX_INLINE)
      .map(name =>
        read(
          { name },
          'iam:GetRolePolicy',
          readInlinePolicy(session, role.name, name, signal),
        ),
      ),
  ]);
  return {
    roleArn,
    policies: [
      ...policies,
      ...inline
        .slice(MAX_INLINE)
        .map(name => ({ name, unread: 'It is one too many to be read here.' })),
    ],
    boundaryArn: role.permissionsBoundaryArn,
  };
}
