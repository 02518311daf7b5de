import { Caller } from '../authentication';
import { authorize } from '../authorization';
import { parseStored } from '../policy/document';
import { Decision, decide } from '../policy/evaluate';
import { RequestContext } from '../policy/match';
import { RoleRecord } from '../state/types';
import { World, accountOfArn } from '../state/world';

const roleResourceKeys = (role: RoleRecord) =>
  Object.fromEntries(
    Object.entries(role.tags).flatMap(([key, value]) => [
      [`iam:ResourceTag/${key}`, value],
      [`aws:ResourceTag/${key}`, value],
    ]),
  );

/** Whether the trust policy and the caller's policies let the caller do `action` on the role. */
export function mayUseRole(
  world: World,
  caller: Caller,
  role: RoleRecord,
  action: 'sts:AssumeRole' | 'sts:TagSession' | 'sts:SetSourceIdentity',
  context: RequestContext,
): Decision {
  return authorize(world, caller, {
    action,
    resource: role.arn,
    context: context.with(roleResourceKeys(role)),
    resourcePolicy: {
      document: parseStored(role.trust),
      boundIds: role.boundIds,
      accountId: accountOfArn(role.arn),
    },
    resourceMustAllow: true,
  });
}

/** Whether a role's trust policy lets an AWS service do `action` on the role. */
export function mayServiceUseRole(
  role: RoleRecord,
  service: string,
  action: 'sts:AssumeRole' | 'sts:TagSession',
  context: RequestContext,
): Decision {
  return decide(
    {
      identity: [],
      resource: {
        document: parseStored(role.trust),
        boundIds: role.boundIds,
        accountId: accountOfArn(role.arn),
      },
      resourceMustAllow: true,
    },
    {
      action,
      resource: role.arn,
      context: context.with(roleResourceKeys(role)),
      asker: { kind: 'service', service },
    },
  );
}
