import type { Tags } from '../../identity/ownership';
import { trustPolicy, trustStatement } from '../../identity/trust';
import { type Answers, awsError } from '../../aws/__testUtils__/awsClient';
import { planScope } from './planScope';

/** A role of the account of a test. */
export interface AccountRole {
  path?: string;
  tags?: Tags;
  /** That of an association of the service account, unless given. */
  trust?: object;
}

export const roleArn = (name: string, path = '/') =>
  `arn:aws:iam::111122223333:role${path}${name}`;

const trusting = trustPolicy(
  trustStatement('serviceAccount', planScope().target),
);

/** An IAM that has these roles by name, without policies. */
export function accountWith(roles: Record<string, AccountRole>): Answers {
  const detail = (name: string) => {
    const { path = '/', tags = {}, trust = trusting } = roles[name];
    return {
      RoleName: name,
      Path: path,
      Arn: roleArn(name, path),
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(trust)),
    };
  };
  return {
    GetRole: ({ RoleName }) => {
      if (!roles[RoleName]) throw awsError('NoSuchEntityException');
      return { Role: detail(RoleName) };
    },
    ListAttachedRolePolicies: () => ({ AttachedPolicies: [] }),
    ListRolePolicies: () => ({ PolicyNames: [] }),
    ListInstanceProfilesForRole: ({ RoleName }) => ({
      InstanceProfiles: [{ InstanceProfileName: `profile-of-${RoleName}` }],
    }),
    GetAccountAuthorizationDetails: () => ({
      RoleDetailList: Object.keys(roles).map(detail),
    }),
  };
}
