import { AwsError } from '../errors';
import { Need, QUERY_REFUSAL, guard } from '../guard';
import { XmlValue } from '../protocol/xml';
import { MalformedPolicy, PolicyUse, validatePolicy } from '../policy/validate';
import { AwsCall } from '../service';
import { AccountState, RoleRecord } from '../state/types';
import { World } from '../state/world';
import { Parameters } from './parameters';

/** The input of an IAM operation. */
export interface IamContext {
  world: World;
  call: AwsCall;
  account: AccountState;
  parameters: Parameters;
  /** Refuses the call unless the caller may do it. */
  need(need: Need): void;
}

/** An IAM operation; undefined means a response without a result. */
export type IamOperation = (context: IamContext) => XmlValue | undefined;

/** Builds the context of a call. */
export function iamContext(
  world: World,
  call: AwsCall,
  parameters: Parameters,
): IamContext {
  return {
    world,
    call,
    account: world.account(call.caller.accountId),
    parameters,
    need: need => guard(world, call, need, QUERY_REFUSAL),
  };
}

/** Condition keys for the tags of a request. */
export function requestTagKeys(tags: Record<string, string>) {
  const keys: Record<string, string | string[] | undefined> = {
    'aws:TagKeys': Object.keys(tags).length ? Object.keys(tags) : undefined,
  };
  for (const [key, value] of Object.entries(tags)) {
    keys[`aws:RequestTag/${key}`] = value;
  }
  return keys;
}

/**
 * Condition keys for the tags of an IAM resource; in a call that creates one, for those that it will have ("AWS global
 * condition context keys", IAM User Guide).
 */
export function resourceTagKeys(tags: Record<string, string> | undefined) {
  const keys: Record<string, string> = {};
  for (const [key, value] of Object.entries(tags ?? {})) {
    keys[`iam:ResourceTag/${key}`] = value;
    keys[`aws:ResourceTag/${key}`] = value;
  }
  return keys;
}

/** The ARN that an operation on a role is authorised on, whether or not the role exists. */
function roleArnOf(context: IamContext, name: string): string {
  return (
    context.world.role(context.account.id, name)?.arn ??
    context.world.iamArn(context.account.id, `role/${name}`)
  );
}

/** Authorises an operation on an existing role and returns the role. */
export function needRole(
  context: IamContext,
  keys: Record<string, string | string[] | undefined> = {},
): RoleRecord {
  const name = context.parameters.name('RoleName', 64);
  const role = context.world.role(context.account.id, name);
  context.need({
    action: `iam:${context.call.operation}`,
    resource: roleArnOf(context, name),
    context: {
      ...resourceTagKeys(role?.tags),
      'iam:PermissionsBoundary': role?.boundaryArn,
      ...keys,
    },
  });
  if (!role) {
    throw noSuchEntity(`The role with name ${name} cannot be found.`);
  }
  return role;
}

/** Stores a changed role. */
export function saveRole(
  context: IamContext,
  name: string,
  role: RoleRecord | undefined,
): void {
  context.world.writeIam(context.account.roles, name, role);
}

/** Parses a caller's policy document; throws IAM's error when it is malformed. */
export function acceptPolicy(text: string, use: PolicyUse) {
  try {
    return validatePolicy(text, use);
  } catch (error) {
    if (error instanceof MalformedPolicy) {
      throw new AwsError('MalformedPolicyDocument', error.message, 400);
    }
    throw error;
  }
}

export function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntity', message, 404);
}

export function deleteConflict(message: string): AwsError {
  return new AwsError('DeleteConflict', message, 409);
}

export function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceeded', message, 409);
}

export function entityExists(message: string): AwsError {
  return new AwsError('EntityAlreadyExists', message, 409);
}

/** One page of a list with IAM's markers. */
export function page<T>(
  context: IamContext,
  items: T[],
): { items: T[]; paging: { IsTruncated: boolean; Marker?: string } } {
  const size = context.parameters.integer('MaxItems', { min: 1, max: 1000 });
  const marker = context.parameters.text('Marker', {
    minLength: 1,
    maxLength: 320,
  });
  let start = 0;
  if (marker !== undefined) {
    const found = /^start:(\d+)$/.exec(
      Buffer.from(marker, 'base64url').toString(),
    );
    if (!found) {
      throw new AwsError('ValidationError', 'Invalid Marker.', 400);
    }
    start = Number(found[1]);
  }
  const end = start + (size ?? 100);
  const truncated = end < items.length;
  return {
    items: items.slice(start, end),
    paging: {
      IsTruncated: truncated,
      Marker: truncated
        ? Buffer.from(`start:${end}`).toString('base64url')
        : undefined,
    },
  };
}
