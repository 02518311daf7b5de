import { members } from '../protocol/xml';
import { InstanceProfileRecord } from '../state/types';
import {
  IamContext,
  IamOperation,
  needRole,
  noSuchEntity,
  page,
  resourceTagKeys,
} from './context';
import { instanceProfileView } from './views';

function needProfile(context: IamContext): InstanceProfileRecord {
  const name = context.parameters.name('InstanceProfileName', 128);
  const profile = context.account.instanceProfiles.get(name);
  context.need({
    action: `iam:${context.call.operation}`,
    resource:
      profile?.arn ??
      context.world.iamArn(context.account.id, `instance-profile/${name}`),
    context: resourceTagKeys(profile?.tags),
  });
  if (!profile) {
    throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
  }
  return profile;
}

const removeRoleFromInstanceProfile: IamOperation = context => {
  const { account, parameters } = context;
  const profile = needProfile(context);
  const roleName = parameters.name('RoleName', 64);
  parameters.done();
  if (profile.roleName !== roleName) {
    throw noSuchEntity(
      `The role with name ${roleName} cannot be found in the instance profile ${profile.name}.`,
    );
  }
  account.instanceProfiles.set(profile.name, {
    ...profile,
    roleName: undefined,
  });
  return undefined;
};

const listInstanceProfilesForRole: IamOperation = context => {
  const { world, account } = context;
  const role = needRole(context);
  const profiles = [...account.instanceProfiles.values()].filter(
    profile => profile.roleName === role.name,
  );
  const { items, paging } = page(context, profiles);
  context.parameters.done();
  return {
    ...paging,
    InstanceProfiles: members(
      items.map(profile => instanceProfileView(world, account.id, profile)),
    ),
  };
};

/** Operations on the instance profiles of a role, which keep it from being deleted. */
export const instanceProfileOperations: Record<string, IamOperation> = {
  RemoveRoleFromInstanceProfile: removeRoleFromInstanceProfile,
  ListInstanceProfilesForRole: listInstanceProfilesForRole,
};
