import { isoSeconds } from '../protocol/xml';
import type { Caller } from '../authentication';
import type { SessionRecord } from '../state/types';

/** Who called, as an event names it, with what LookupEvents shows of it. */
export interface EventIdentity {
  userIdentity: Record<string, unknown>;
  username?: string;
  accessKeyId?: string;
}

function sessionContext(session: SessionRecord) {
  const { federatedProvider, origin } = session;
  return {
    sessionIssuer: {
      type: 'Role',
      principalId: session.roleId,
      arn: session.roleArn,
      accountId: session.accountId,
      userName: session.roleName,
    },
    ...(federatedProvider && {
      webIdFederationData: { federatedProvider, attributes: {} },
    }),
    attributes: {
      creationDate: isoSeconds(session.issuedAt),
      mfaAuthenticated: 'false',
    },
    ...(origin === 'node' && { ec2RoleDelivery: '2.0' }),
  };
}

/** A user or a role session ("CloudTrail userIdentity element", CloudTrail User Guide). */
export function identityOf(
  caller: Caller,
  accessKeyId: string | undefined,
): EventIdentity {
  const { session, userName } = caller;
  const common = {
    principalId: caller.userId,
    arn: caller.arn,
    accountId: caller.accountId,
    accessKeyId: accessKeyId ?? session?.accessKeyId,
  };
  return {
    userIdentity: session
      ? {
          type: 'AssumedRole',
          ...common,
          sessionContext: sessionContext(session),
        }
      : { type: 'IAMUser', ...common, userName },
    username: session?.sessionName ?? userName,
    accessKeyId: common.accessKeyId,
  };
}

/** An AWS service that acts by itself. */
export const serviceIdentity = (invokedBy: string): EventIdentity => ({
  userIdentity: { type: 'AWSService', invokedBy },
});

/** A caller of another account, as the account of the role sees it. */
export const foreignIdentity = (caller: Caller): EventIdentity => ({
  userIdentity: {
    type: 'AWSAccount',
    principalId: caller.userId,
    accountId: caller.accountId,
  },
});
