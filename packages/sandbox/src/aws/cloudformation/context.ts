import { AwsError } from '../errors';
import { QUERY_REFUSAL, guard } from '../guard';
import { Parameters } from '../iam/parameters';
import { XmlValue } from '../protocol/xml';
import { AwsCall, AwsService } from '../service';
import { AccountState } from '../state/types';
import { World } from '../state/world';
import { validationError } from './errors';
import { StackRun } from './run';
import type { ChangeSetRecord, StackRecord, StackWish } from '../state/stacks';
import {
  Instance,
  capabilitiesOf,
  cloudFormationArn,
  instantiate,
} from './template/instance';

/** The input of an operation of CloudFormation. */
export interface CloudFormationContext {
  world: World;
  services: Record<'iam' | 'eks', AwsService>;
  call: AwsCall;
  account: AccountState;
  parameters: Parameters;
}

/** An operation of CloudFormation; undefined means a response without members. */
export type CloudFormationOperation = (
  context: CloudFormationContext,
) => Promise<XmlValue | undefined> | XmlValue | undefined;

export function stackDoesNotExist(name: string): AwsError {
  return validationError(`Stack with id ${name} does not exist`);
}

/** Authorises the operation on a stack of that name or ID. */
export function needOnStack(context: CloudFormationContext, id: string): void {
  const { account, call, world } = context;
  guard(
    world,
    call,
    {
      action: `cloudformation:${call.operation}`,
      resource: id.startsWith('arn:')
        ? id
        : cloudFormationArn(account, call.region, `stack/${id}/*`),
    },
    QUERY_REFUSAL,
  );
}

/** Authorises an operation that is on no stack. */
export function needOnAll(context: CloudFormationContext): void {
  const { call, world } = context;
  const action = `cloudformation:${call.operation}`;
  guard(world, call, { action, resource: '*' }, QUERY_REFUSAL);
}

/** A stack by its name, or also a deleted one by its ID. */
export function findStack(
  { account, call }: CloudFormationContext,
  id: string,
): StackRecord | undefined {
  const byId = account.stacks.get(id);
  return (
    byId ??
    [...account.stacks.values()].find(
      stack =>
        stack.name === id &&
        stack.region === call.region &&
        stack.deletedAt === undefined,
    )
  );
}

/** Authorises on the stack of `StackName` and returns it. */
export function needStack(context: CloudFormationContext): StackRecord {
  const id = context.parameters.required('StackName', { minLength: 1 });
  needOnStack(context, id);
  const stack = findStack(context, id);
  if (!stack) {
    throw stackDoesNotExist(id);
  }
  return stack;
}

/** What a stack should become, as the request says it. */
export function readWish(
  { parameters }: CloudFormationContext,
  before: StackWish | undefined,
): StackWish {
  const usePrevious = parameters.boolean('UsePreviousTemplate') ?? false;
  const body = parameters.text('TemplateBody', { maxLength: 51_200 });
  const templateBody = usePrevious ? before?.templateBody : body;
  if (!templateBody) {
    throw validationError(
      'Either Template URL or Template Body must be specified.',
    );
  }
  const given: Record<string, string> = {};
  for (const item of parameters.list('Parameters')) {
    const { ParameterKey, ParameterValue, UsePreviousValue } = item as Record<
      string,
      string
    >;
    const value =
      UsePreviousValue === 'true'
        ? before?.parameters[ParameterKey]
        : ParameterValue ?? '';
    if (value !== undefined) {
      given[ParameterKey] = value;
    }
  }
  return {
    templateBody,
    parameters: given,
    capabilities: parameters.texts('Capabilities'),
    tags: parameters.tags(),
  };
}

/** Members that a stack of the sandbox does not need; read so that they are not refused. */
export function readUnused({ parameters }: CloudFormationContext): void {
  parameters.text('Description');
  parameters.text('ClientToken');
  parameters.text('ClientRequestToken');
  parameters.list('NotificationARNs');
  if (parameters.text('RoleARN') !== undefined) {
    throw validationError(
      'The sandbox has no service roles for stacks: leave RoleARN out, the rights of the caller count',
    );
  }
}

/** Reads the template of a wish; refuses one whose capabilities were not acknowledged. */
export function instanceOf(
  { account, call, world }: CloudFormationContext,
  stack: Pick<StackRecord, 'stackId' | 'name'>,
  wish: StackWish,
): Instance {
  const instance = instantiate(
    world,
    {
      account,
      region: call.region,
      stackId: stack.stackId,
      stackName: stack.name,
    },
    wish,
  );
  const needed = capabilitiesOf(instance.template);
  const acknowledged = needed.every(
    capability =>
      wish.capabilities.includes(capability) ||
      wish.capabilities.includes('CAPABILITY_NAMED_IAM'),
  );
  if (!acknowledged) {
    throw new AwsError(
      'InsufficientCapabilitiesException',
      `Requires capabilities : [${needed.join(', ')}]`,
      400,
    );
  }
  return instance;
}

/** A stack that has nothing yet. */
export function newStack(
  { account, call, world }: CloudFormationContext,
  name: string,
): StackRecord {
  if (!/^[A-Za-z][-A-Za-z0-9]{0,127}$/.test(name)) {
    throw validationError(
      `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
    );
  }
  const rest = `stack/${name}/${world.ids.uuid()}`;
  return {
    stackId: cloudFormationArn(account, call.region, rest),
    name,
    region: call.region,
    createdAt: world.now(),
    status: 'REVIEW_IN_PROGRESS',
    outputs: [],
    resources: {},
    events: [],
    changeSets: [],
    rollbackDisabled: false,
  };
}

/** Refuses a stack that is at work, or at rest in a state that only deletion ends. */
export function checkUpdatable(stack: StackRecord): void {
  const settled =
    /^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/.test(stack.status) ||
    (stack.rollbackDisabled && /^(CREATE|UPDATE)_FAILED$/.test(stack.status));
  if (!settled) {
    throw validationError(
      `Stack:${stack.stackId} is in ${stack.status} state and can not be updated.`,
    );
  }
}

/** Begins to carry a wish out. */
export async function carryOut(
  context: CloudFormationContext,
  stack: StackRecord,
  { type, wish }: Pick<ChangeSetRecord, 'type' | 'wish'>,
): Promise<void> {
  const { world, services, call } = context;
  const instance = instanceOf(context, stack, wish);
  stack.rollbackDisabled =
    context.parameters.boolean('DisableRollback') ?? false;
  await new StackRun(world, services, call, stack).start(run =>
    type === 'CREATE' ? run.create(instance, wish) : run.update(instance, wish),
  );
}
