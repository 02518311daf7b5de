import { AwsError } from '../errors';
import { members } from '../protocol/xml';
import { changesTo } from './changes';
import {
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
import { parseTemplate } from './template/parse';
import { eventView, stackSummary, stackView } from './views';

const createStack: CloudFormationOperation = async context => {
  const { account, parameters } = context;
  const name = parameters.required('StackName', { minLength: 1 });
  needOnStack(context, name);
  readUnused(context);
  parameters.boolean('DisableRollback');
  const protectedNow = parameters.boolean('EnableTerminationProtection');
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
  stack.terminationProtection = protectedNow;
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
  if (stack.terminationProtection) {
    throw validationError(
      `Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`,
    );
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
    stack.resources[logicalId].deletionPolicy = 'Retain';
  }
  await new StackRun(world, services, call, stack).start(run => run.remove());
  return undefined;
};

const updateTerminationProtection: CloudFormationOperation = context => {
  const stack = needStack(context);
  const name = 'EnableTerminationProtection';
  stack.terminationProtection = context.parameters.boolean(name);
  context.parameters.done();
  return { StackId: stack.stackId };
};

/** Deleted ones too, newest first, in one page ("ListStacks", CloudFormation API Reference). */
const listStacks: CloudFormationOperation = context => {
  const { account, call, parameters } = context;
  parameters.text('NextToken');
  const wanted = parameters.texts('StackStatusFilter');
  parameters.done();
  needOnAll(context);
  const found = [...account.stacks.values()].filter(
    ({ region, status }) =>
      region === call.region &&
      (wanted.length === 0 || wanted.includes(status)),
  );
  return { StackSummaries: members(found.reverse().map(stackSummary)) };
};

const describeStacks: CloudFormationOperation = context => {
  const { account, call, parameters } = context;
  const id = parameters.text('StackName');
  parameters.text('NextToken');
  parameters.done();
  if (id === undefined) {
    needOnAll(context);
    const living = [...account.stacks.values()].filter(
      stack => stack.region === call.region && !stack.deletedAt,
    );
    return { Stacks: members(living.reverse().map(stackView)) };
  }
  needOnStack(context, id);
  const stack = findStack(context, id);
  if (!stack) {
    throw stackDoesNotExist(id);
  }
  return { Stacks: members([stackView(stack)]) };
};

const describeStackEvents: CloudFormationOperation = context => {
  const stack = needStack(context);
  // Clients hand the token back unread.
  const start = Number(context.parameters.text('NextToken') ?? 0);
  context.parameters.done();
  const end = start + 100;
  const page = [...stack.events].reverse().slice(start, end);
  return {
    StackEvents: members(page.map(event => eventView(stack, event))),
    ...(end < stack.events.length && { NextToken: String(end) }),
  };
};

/** Of a stack that is there: `aws cloudformation deploy` asks before it updates one. */
const getTemplateSummary: CloudFormationOperation = context => {
  const { wish } = needStack(context);
  context.parameters.done();
  const template = parseTemplate(wish!.templateBody);
  return {
    Description: template.Description,
    Parameters: members(
      Object.entries(template.Parameters ?? {}).map(([ParameterKey, rule]) => ({
        ParameterKey,
        ParameterType: rule.Type,
        Description: rule.Description,
        DefaultValue:
          rule.Default === undefined ? undefined : String(rule.Default),
        NoEcho: String(rule.NoEcho) === 'true',
      })),
    ),
  };
};

export const stackOperations: Record<string, CloudFormationOperation> = {
  CreateStack: createStack,
  UpdateStack: updateStack,
  DeleteStack: deleteStack,
  UpdateTerminationProtection: updateTerminationProtection,
  DescribeStacks: describeStacks,
  ListStacks: listStacks,
  DescribeStackEvents: describeStackEvents,
  GetTemplateSummary: getTemplateSummary,
};
