import { AwsError } from '../errors';
import { XmlValue, members } from '../protocol/xml';
import { changesTo } from './changes';
import {
  CloudFormationContext,
  CloudFormationOperation,
  carryOut,
  checkUpdatable,
  findStack,
  instanceOf,
  needOnAll,
  needOnStack,
  needStack,
  newStack,
  readUnused,
  readWish,
  stackDoesNotExist,
} from './context';
import { validationError } from './errors';
import { StackRun } from './run';
import type { StackRecord } from '../state/stacks';
import {
  eventView,
  resourceSummary,
  resourceView,
  stackSummary,
  stackView,
} from './views';

const createStack: CloudFormationOperation = async context => {
  const { account, parameters } = context;
  const name = parameters.required('StackName', { minLength: 1 });
  needOnStack(context, name);
  readUnused(context);
  parameters.boolean('DisableRollback');
  const wish = readWish(context, undefined);
  parameters.done();
  if (findStack(context, name)) {
    throw new AwsError(
      'AlreadyExistsException',
      `Stack [${name}] already exists`,
      400,
    );
  }
  const stack = newStack(context, name);
  instanceOf(context, stack, wish);
  account.stacks.set(stack.stackId, stack);
  await carryOut(context, stack, { type: 'CREATE', wish });
  return { StackId: stack.stackId };
};

const updateStack: CloudFormationOperation = async context => {
  const stack = needStack(context);
  readUnused(context);
  context.parameters.boolean('DisableRollback');
  const wish = readWish(context, stack.wish);
  context.parameters.done();
  checkUpdatable(stack);
  const instance = instanceOf(context, stack, wish);
  if (changesTo(stack, instance, wish).length === 0) {
    throw validationError('No updates are to be performed.');
  }
  await carryOut(context, stack, { type: 'UPDATE', wish });
  return { StackId: stack.stackId };
};

const deleteStack: CloudFormationOperation = async context => {
  const { call, parameters, services, world } = context;
  const id = parameters.required('StackName', { minLength: 1 });
  needOnStack(context, id);
  readUnused(context);
  const retained = parameters.texts('RetainResources');
  parameters.done();
  const stack = findStack(context, id);
  // Deleting what is gone succeeds.
  if (!stack || stack.deletedAt !== undefined) {
    return undefined;
  }
  if (/_IN_PROGRESS$/.test(stack.status) && !/^REVIEW/.test(stack.status)) {
    throw validationError(
      `Stack [${stack.stackId}] cannot be deleted while in status ${stack.status}`,
    );
  }
  if (retained.length > 0 && stack.status !== 'DELETE_FAILED') {
    throw validationError(
      `Invalid operation on stack [${stack.stackId}]. RetainResources can be used only when the stack is in DELETE_FAILED state.`,
    );
  }
  for (const logicalId of retained) {
    stack.resources[logicalId].retained = true;
  }
  await new StackRun(world, services, call, stack).start(run => run.remove());
  return undefined;
};

const inRegion = ({ account, call }: CloudFormationContext): StackRecord[] =>
  [...account.stacks.values()]
    .filter(({ region }) => region === call.region)
    .reverse();

const describeStacks: CloudFormationOperation = context => {
  const { parameters } = context;
  const id = parameters.text('StackName');
  parameters.text('NextToken');
  parameters.done();
  if (id === undefined) {
    needOnAll(context);
    const living = inRegion(context).filter(stack => !stack.deletedAt);
    return { Stacks: members(living.map(stackView)) };
  }
  needOnStack(context, id);
  const stack = findStack(context, id);
  if (!stack) {
    throw stackDoesNotExist(id);
  }
  return { Stacks: members([stackView(stack)]) };
};

const listStacks: CloudFormationOperation = context => {
  const { parameters } = context;
  const wanted = parameters.texts('StackStatusFilter');
  parameters.text('NextToken');
  parameters.done();
  needOnAll(context);
  const found = inRegion(context).filter(
    ({ status }) => wanted.length === 0 || wanted.includes(status),
  );
  return { StackSummaries: members(found.map(stackSummary)) };
};

/** One page, with the token that CloudFormation's clients hand back unread. */
function page<T>(
  { parameters }: CloudFormationContext,
  items: T[],
): { items: T[]; NextToken?: string } {
  const start = Number(parameters.text('NextToken') ?? 0);
  parameters.done();
  const end = start + 100;
  return {
    items: items.slice(start, end),
    ...(end < items.length && { NextToken: String(end) }),
  };
}

const describeStackEvents: CloudFormationOperation = context => {
  const stack = needStack(context);
  const { items, NextToken } = page(context, [...stack.events].reverse());
  return {
    StackEvents: members(items.map(event => eventView(stack, event))),
    NextToken,
  };
};

const listStackResources: CloudFormationOperation = context => {
  const stack = needStack(context);
  const { items, NextToken } = page(context, Object.values(stack.resources));
  return {
    StackResourceSummaries: members(items.map(resourceSummary)),
    NextToken,
  };
};

function chosenResources(context: CloudFormationContext) {
  const stack = needStack(context);
  const id = context.parameters.text('LogicalResourceId');
  context.parameters.done();
  const found = Object.values(stack.resources).filter(
    ({ logicalId }) => id === undefined || logicalId === id,
  );
  if (id !== undefined && found.length === 0) {
    throw validationError(
      `Resource ${id} does not exist for stack ${stack.name}`,
    );
  }
  return found.map((resource): XmlValue => resourceView(stack, resource));
}

export const stackOperations: Record<string, CloudFormationOperation> = {
  CreateStack: createStack,
  UpdateStack: updateStack,
  DeleteStack: deleteStack,
  DescribeStacks: describeStacks,
  ListStacks: listStacks,
  DescribeStackEvents: describeStackEvents,
  ListStackResources: listStackResources,
  DescribeStackResources: context => ({
    StackResources: members(chosenResources(context)),
  }),
  DescribeStackResource: context => ({
    StackResourceDetail: chosenResources(context)[0],
  }),
};
