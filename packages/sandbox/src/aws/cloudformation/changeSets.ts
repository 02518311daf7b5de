import { AwsError } from '../errors';
import { tagList } from '../iam/views';
import { XmlValue, members } from '../protocol/xml';
import { changesTo } from './changes';
import {
  CloudFormationContext,
  CloudFormationOperation,
  carryOut,
  checkUpdatable,
  findStack,
  instanceOf,
  needOnStack,
  newStack,
  readUnused,
  readWish,
  stackDoesNotExist,
} from './context';
import { StackLog } from './stackLog';
import { validationError } from './errors';
import type {
  ChangeSetRecord,
  ResourceChange,
  StackRecord,
  StackWish,
} from '../state/stacks';
import { cloudFormationArn } from './template/instance';
import { parameterList } from './views';

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

function stackFor(
  context: CloudFormationContext,
  name: string,
  type: ChangeSetRecord['type'],
): StackRecord {
  const stack = findStack(context, name);
  if (type === 'CREATE') {
    if (stack && stack.status !== 'REVIEW_IN_PROGRESS') {
      throw validationError(
        `Stack [${
          stack.name
        }] already exists and cannot be created again with the changeSet [${context.parameters.text(
          'ChangeSetName',
        )}].`,
      );
    }
    return stack ?? newStack(context, name);
  }
  if (!stack) {
    throw validationError(`Stack [${name}] does not exist`);
  }
  checkUpdatable(stack);
  return stack;
}

const outputsDiffer = (
  stack: StackRecord,
  wish: StackWish,
  context: CloudFormationContext,
) => {
  const later = instanceOf(context, stack, wish).outputs(stack.resources);
  return JSON.stringify(later) !== JSON.stringify(stack.outputs);
};

const createChangeSet: CloudFormationOperation = context => {
  const { account, call, parameters, world } = context;
  const stackName = parameters.required('StackName', { minLength: 1 });
  needOnStack(context, stackName);
  const name = parameters.required('ChangeSetName', {
    minLength: 1,
    maxLength: 128,
  });
  const type = (parameters.text('ChangeSetType', {
    pattern: /^(CREATE|UPDATE)$/,
  }) ?? 'UPDATE') as ChangeSetRecord['type'];
  const description = parameters.text('Description');
  readUnused(context);
  const stack = stackFor(context, stackName, type);
  const wish = readWish(context, stack.wish);
  parameters.done();
  const instance = instanceOf(context, stack, wish);
  if (stack.changeSets.some(other => other.name === name)) {
    throw new AwsError(
      'AlreadyExistsException',
      `ChangeSet ${name} cannot be created due to a mismatch with existing attribute Template`,
      400,
    );
  }
  const changes = changesTo(stack, instance, wish);
  const some =
    changes.length > 0 ||
    (type === 'UPDATE' && outputsDiffer(stack, wish, context));
  const changeSet: ChangeSetRecord = {
    id: cloudFormationArn(
      account,
      call.region,
      `changeSet/${name}/${world.ids.uuid()}`,
    ),
    name,
    description,
    type,
    createdAt: world.now(),
    status: some ? 'CREATE_COMPLETE' : 'FAILED',
    statusReason: some ? undefined : NO_CHANGES,
    executionStatus: some ? 'AVAILABLE' : 'UNAVAILABLE',
    wish,
    changes,
  };
  if (!account.stacks.has(stack.stackId)) {
    account.stacks.set(stack.stackId, stack);
    new StackLog(world, stack).stackIs('REVIEW_IN_PROGRESS', 'User Initiated');
  }
  stack.changeSets.push(changeSet);
  return { Id: changeSet.id, StackId: stack.stackId };
};

/** Authorises on the stack and finds its change set, by name or ID. */
function needChangeSet(context: CloudFormationContext) {
  const { account, parameters } = context;
  const id = parameters.required('ChangeSetName', { minLength: 1 });
  const stackName = parameters.text('StackName');
  const holds = (stack: StackRecord) =>
    stack.changeSets.some(set => set.id === id);
  const stack = stackName
    ? findStack(context, stackName)
    : [...account.stacks.values()].find(holds);
  needOnStack(context, stack?.stackId ?? stackName ?? '*');
  if (!stack) {
    throw stackDoesNotExist(stackName ?? id);
  }
  const changeSet = stack.changeSets.find(
    set => set.id === id || set.name === id,
  );
  if (!changeSet) {
    throw new AwsError(
      'ChangeSetNotFound',
      `ChangeSet [${id}] does not exist`,
      404,
    );
  }
  return { stack, changeSet };
}

const changeView = (change: ResourceChange): XmlValue => ({
  Type: 'Resource',
  ResourceChange: {
    Action: change.action,
    LogicalResourceId: change.logicalId,
    PhysicalResourceId: change.physicalId,
    ResourceType: change.type,
    Replacement: change.replacement,
    Scope: members(change.action === 'Modify' ? ['Properties'] : []),
    Details: members([]),
  },
});

const describeChangeSet: CloudFormationOperation = context => {
  const { stack, changeSet } = needChangeSet(context);
  context.parameters.text('NextToken');
  context.parameters.boolean('IncludePropertyValues');
  context.parameters.done();
  return {
    ChangeSetName: changeSet.name,
    ChangeSetId: changeSet.id,
    StackId: stack.stackId,
    StackName: stack.name,
    Description: changeSet.description,
    Parameters: parameterList(changeSet.wish),
    CreationTime: new Date(changeSet.createdAt),
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    StatusReason: changeSet.statusReason,
    Capabilities: members(changeSet.wish.capabilities),
    Tags: tagList(changeSet.wish.tags),
    Changes: members(changeSet.changes.map(changeView)),
    IncludeNestedStacks: false,
  };
};

const executeChangeSet: CloudFormationOperation = async context => {
  const { stack, changeSet } = needChangeSet(context);
  context.parameters.boolean('DisableRollback');
  context.parameters.text('ClientRequestToken');
  context.parameters.done();
  if (changeSet.executionStatus !== 'AVAILABLE') {
    throw new AwsError(
      'InvalidChangeSetStatus',
      `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${changeSet.status}]`,
      400,
    );
  }
  stack.changeSetId = changeSet.id;
  stack.changeSets = [];
  await carryOut(context, stack, changeSet);
  return {};
};

export const changeSetOperations: Record<string, CloudFormationOperation> = {
  CreateChangeSet: createChangeSet,
  DescribeChangeSet: describeChangeSet,
  ExecuteChangeSet: executeChangeSet,
};
