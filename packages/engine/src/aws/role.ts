import {
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { iamPages } from './pages';
import type { AwsClients } from './types';

interface Session {
  aws: Pick<AwsClients, 'iam'>;
}

/** ARNs of the managed policies of a role; every page. */
export async function listManagedPolicies(
  session: Session,
  RoleName: string,
  abortSignal?: AbortSignal,
): Promise<string[]> {
  const arns: string[] = [];
  const pages = iamPages(Marker =>
    session.aws.iam.send(
      new ListAttachedRolePoliciesCommand({ RoleName, Marker }),
      { abortSignal },
    ),
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
  session: Session,
  RoleName: string,
  abortSignal?: AbortSignal,
): Promise<string[]> {
  const names: string[] = [];
  const pages = iamPages(Marker =>
    session.aws.iam.send(new ListRolePoliciesCommand({ RoleName, Marker }), {
      abortSignal,
    }),
  );
  for await (const { PolicyNames = [] } of pages) names.push(...PolicyNames);
  return names;
}

/** Names of the instance profiles that hold a role; every page. */
export async function listInstanceProfiles(
  session: Session,
  RoleName: string,
  abortSignal?: AbortSignal,
): Promise<string[]> {
  const names: string[] = [];
  const pages = iamPages(Marker =>
    session.aws.iam.send(
      new ListInstanceProfilesForRoleCommand({ RoleName, Marker }),
      { abortSignal },
    ),
  );
  for await (const { InstanceProfiles = [] } of pages) {
    for (const { InstanceProfileName } of InstanceProfiles) {
      names.push(InstanceProfileName ?? '');
    }
  }
  return names;
}
