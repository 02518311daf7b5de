import { AwsError } from './errors';
import { authorize } from './authorization';
import { ResourcePolicy } from './policy/evaluate';
import { denialReason, denialSentence } from './policy/denials';
import { AwsCall } from './service';
import { World } from './state/world';

/** A permission that a call needs. */
export interface Need {
  action: string;
  resource: string;
  context?: Record<string, string | string[] | undefined>;
  resourcePolicy?: ResourcePolicy;
}

/** How a service words its refusal. */
export interface RefusalStyle {
  code: string;
  statusCode: number;
  /** Shown instead of the resource's ARN; undefined leaves the resource out. */
  showResource?: (resource: string) => string | undefined;
  /** Text before IAM's sentence. */
  prefix?: string;
  members?: Record<string, unknown>;
}

/** EKS, EKS Auth and other JSON services. */
export const JSON_REFUSAL: RefusalStyle = {
  code: 'AccessDeniedException',
  statusCode: 403,
};

/** IAM and STS. */
export const QUERY_REFUSAL: RefusalStyle = {
  code: 'AccessDenied',
  statusCode: 403,
};

/** Throws the service's access-denied error unless the caller may do it. */
export function guard(
  world: World,
  call: Pick<AwsCall, 'caller' | 'context'>,
  need: Need,
  style: RefusalStyle,
): void {
  const decision = authorize(world, call.caller, {
    action: need.action,
    resource: need.resource,
    context: need.context ? call.context.with(need.context) : call.context,
    resourcePolicy: need.resourcePolicy,
  });
  if (decision.allowed) {
    world.core.rights.use(call.caller.principalArn, need.action);
    return;
  }
  const shown = style.showResource ?? (resource => resource);
  throw new AwsError(
    style.code,
    (style.prefix ?? '') +
      denialSentence({
        callerArn: call.caller.arn,
        action: need.action,
        resource: shown(need.resource),
        reason: denialReason(decision, need.action),
      }),
    style.statusCode,
    style.members,
  );
}
