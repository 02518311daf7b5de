import { members } from '../protocol/xml';
import { InstanceProfileRecord } from '../state/types';
import {
  IamContext,
  IamOperation,
  deleteConflict,
  entityExists,
  limitExceeded,
  needRole,
  noSuchEntity,
  page,
  requestTagKeys,
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
      `arn:aws:iam::${context.account.id}:instance-profile/${name}`,
    context: resourceTagKeys(profile?.tags),
  });
  if (!profile) {
    throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
  }
  return profile;
}

const createInstanceProfile: IamOperation = context => {
  const { world, account, parameters } = context;
  const name = parameters.name('InstanceProfileName', 128);
  const path = parameters.path();
  const tags = parameters.tags();
  parameters.done();
  const arn = `arn:aws:iam::${account.id}:instance-profile${path}${name}`;
  context.need({
    action: 'iam:CreateInstanceProfile',
    resource: arn,
    context: requestTagKeys(tags),
  });
  if (account.instanceProfiles.has(name)) {
    throw entityExists(`Instance Profile ${name} already exists.`);
  }
  const profile: InstanceProfileRecord = {
    name,
    path,
    arn,
    id: world.ids.iam('AIPA'),
    createdAt: world.now(),
    tags,
  };
  account.instanceProfiles.set(name, profile);
  return {
    InstanceProfile: instanceProfileView(world, account.id, profile),
  };
};

const getInstanceProfile: IamOperation = context => {
  const profile = needProfile(context);
  context.parameters.done();
  return {
    InstanceProfile: instanceProfileView(
      context.world,
      context.account.id,
      profile,
    ),
  };
};

const addRoleToInstanceProfile: IamOperation = context => {
  const { world, account, parameters } = context;
  const profile = needProfile(context);
  const roleName = parameters.name('RoleName', 64);
  parameters.done();
  const role = world.role(account.id, roleName);
  if (!role) {
    throw noSuchEntity(`The role with name ${roleName} cannot be found.`);
  }
  context.need({
    action: 'iam:PassRole',
    resource: role.arn,
    context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
  });
  if (profile.roleName !== undefined) {
    throw limitExceeded(
      'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
    );
  }
  account.instanceProfiles.set(profile.name, { ...profile, roleName });
  return undefined;
};

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

const listInstanceProfiles: IamOperation = context => {
  const { world, account, parameters } = context;
  const prefix = parameters.text('PathPrefix') ?? '/';
  const { items, paging } = page(
    context,
    [...account.instanceProfiles.values()].filter(p =>
      p.path.startsWith(prefix),
    ),
  );
  parameters.done();
  context.need({
    action: 'iam:ListInstanceProfiles',
    resource: `arn:aws:iam::${account.id}:instance-profile${prefix}`,
  });
  return {
    ...paging,
    InstanceProfiles: members(
      items.map(profile => instanceProfileView(world, account.id, profile)),
    ),
  };
};

const deleteInstanceProfile: IamOperation = context => {
  const profile = needProfile(context);
  context.parameters.done();
  if (profile.roleName !== undefined) {
    throw deleteConflict(
      'Cannot delete entity, must remove roles from instance profile first.',
    );
  }
  context.account.instanceProfiles.delete(profile.name);
  return undefined;
};

/** Operations on instance profiles. */
export const instanceProfileOperations: Record<string, IamOperation> = {
  CreateInstanceProfile: createInstanceProfile,
  GetInstanceProfile: getInstanceProfile,
  AddRoleToInstanceProfile: addRoleToInstanceProfile,
  RemoveRoleFromInstanceProfile: removeRoleFromInstanceProfile,
  ListInstanceProfilesForRole: listInstanceProfilesForRole,
  ListInstanceProfiles: listInstanceProfiles,
  DeleteInstanceProfile: deleteInstanceProfile,
};
