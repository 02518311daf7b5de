import { currentValues } from '../../core/propagated';
import { members } from '../protocol/xml';
import { PolicyRecord, RoleRecord, UserRecord } from '../state/types';
import { World } from '../state/world';
import { IamContext, IamOperation, page } from './context';
import { awsManagedPolicies } from '../state/managedPolicies';
import {
  attachmentsOf,
  encodeDocument,
  instanceProfileView,
  policyView,
  roleView,
  tagList,
  userView,
} from './views';

const KINDS = [
  'User',
  'Role',
  'Group',
  'LocalManagedPolicy',
  'AWSManagedPolicy',
] as const;
type Kind = (typeof KINDS)[number];

type Entry =
  | { kind: 'User'; value: UserRecord }
  | { kind: 'Role'; value: RoleRecord }
  | { kind: 'Policy'; value: PolicyRecord };

function inlineList(inline: Record<string, string>) {
  return members(
    Object.entries(inline).map(([PolicyName, text]) => ({
      PolicyName,
      PolicyDocument: encodeDocument(text),
    })),
  );
}

function attachedList(world: World, arns: string[]) {
  return members(
    arns.map(arn => ({
      PolicyName: world.policy(arn)?.name ?? arn.split('/').pop(),
      PolicyArn: arn,
    })),
  );
}

function userDetail(world: World, user: UserRecord) {
  return {
    ...userView(user),
    UserPolicyList: inlineList(user.inline),
    GroupList: {},
    AttachedManagedPolicies: attachedList(world, user.attached),
    Tags: tagList(user.tags),
  };
}

function roleDetail(context: IamContext, role: RoleRecord) {
  const { world, account } = context;
  const { Description, MaxSessionDuration, ...view } = roleView(
    world,
    account.id,
    role,
  );
  const profiles = [...account.instanceProfiles.values()].filter(
    profile => profile.roleName === role.name,
  );
  return {
    ...view,
    InstanceProfileList: members(
      profiles.map(profile => instanceProfileView(world, account.id, profile)),
    ),
    RolePolicyList: inlineList(role.inline),
    AttachedManagedPolicies: attachedList(world, role.attached),
    Tags: tagList(role.tags),
  };
}

function policyDetail(context: IamContext, policy: PolicyRecord) {
  const { Tags, ...view } = policyView(
    context.world,
    context.account.id,
    policy,
    { description: true },
  );
  return {
    ...view,
    PolicyVersionList: members(
      policy.versions.map(version => ({
        Document: encodeDocument(version.document),
        VersionId: version.id,
        IsDefaultVersion: version.id === policy.defaultVersionId,
        CreateDate: new Date(version.createdAt),
      })),
    ),
  };
}

function entries(context: IamContext, wanted: Set<Kind>): Entry[] {
  const { world, account } = context;
  const result: Entry[] = [];
  if (wanted.has('User')) {
    for (const value of currentValues(account.users.values())) {
      result.push({ kind: 'User', value });
    }
  }
  if (wanted.has('Role')) {
    for (const value of currentValues(account.roles.values())) {
      result.push({ kind: 'Role', value });
    }
  }
  if (wanted.has('LocalManagedPolicy')) {
    for (const value of currentValues(account.policies.values())) {
      result.push({ kind: 'Policy', value });
    }
  }
  if (wanted.has('AWSManagedPolicy')) {
    // Like the real operation, returns only those in use.
    for (const value of awsManagedPolicies(world.partition.id)) {
      const use = attachmentsOf(world, value.arn, account.id);
      if (use.attached + use.bounds > 0) {
        result.push({ kind: 'Policy', value });
      }
    }
  }
  return result;
}

const getAccountAuthorizationDetails: IamOperation = context => {
  const { world, parameters } = context;
  const filter = parameters.texts('Filter') as Kind[];
  const wanted = new Set<Kind>(filter.length > 0 ? filter : KINDS);
  const { items, paging } = page(context, entries(context, wanted));
  parameters.done();
  context.need({
    action: 'iam:GetAccountAuthorizationDetails',
    resource: '*',
  });
  const details = {
    users: [] as ReturnType<typeof userDetail>[],
    roles: [] as ReturnType<typeof roleDetail>[],
    policies: [] as ReturnType<typeof policyDetail>[],
  };
  for (const entry of items) {
    if (entry.kind === 'User') {
      details.users.push(userDetail(world, entry.value));
    } else if (entry.kind === 'Role') {
      details.roles.push(roleDetail(context, entry.value));
    } else {
      details.policies.push(policyDetail(context, entry.value));
    }
  }
  return {
    ...paging,
    UserDetailList: members(details.users),
    GroupDetailList: {},
    RoleDetailList: members(details.roles),
    Policies: members(details.policies),
  };
};

/** The operation that shows a whole account. */
export const accountOperations: Record<string, IamOperation> = {
  GetAccountAuthorizationDetails: getAccountAuthorizationDetails,
};
