import { accountOfArn, nameOfArn, partitionOfArn } from '../../aws/arn';

/** Identity of the pod, from `aws sts get-caller-identity`. */
export interface Caller {
  arn: string;
  accountId: string;
  /** `AROA…` of a role session. */
  uniqueId?: string;
  roleName?: string;
  sessionName?: string;
  partition: string;
}

/** Source of an identity, read from the form of its ARN. */
export type CallerKind =
  | 'pod-identity'
  | 'node-role'
  | 'irsa'
  | 'static-keys'
  | 'role';

const ASSUMED = /^arn:([^:]+):sts::(\d{12}):assumed-role\/([^/]+)\/(.+)$/;

/** Reads an ARN, and the UserId if there is one. */
export function readCaller(arn: string, userId?: string): Caller {
  const assumed = ASSUMED.exec(arn);
  if (assumed) {
    return {
      arn,
      partition: assumed[1],
      accountId: assumed[2],
      roleName: assumed[3],
      sessionName: assumed[4],
      uniqueId: userId?.split(':')[0],
    };
  }
  return {
    arn,
    partition: partitionOfArn(arn),
    accountId: accountOfArn(arn),
    uniqueId: userId?.split(':')[0],
  };
}

/** Reads the CLI's JSON; undefined for any other text. */
export function parseCallerIdentity(text: string): Caller | undefined {
  try {
    const answer = JSON.parse(text);
    if (typeof answer?.Arn !== 'string') return undefined;
    return readCaller(
      answer.Arn,
      typeof answer.UserId === 'string' ? answer.UserId : undefined,
    );
  } catch {
    return undefined;
  }
}

/** The caller a denial names: `User: arn:… is not authorized …`. */
export function callerOfDenial(text: string): Caller | undefined {
  const arn = /User: (arn:\S+) is not authorized/.exec(text)?.[1];
  return arn ? readCaller(arn) : undefined;
}

/** Kind of this identity. */
export function kindOfCaller(caller: Caller): CallerKind {
  const session = caller.sessionName;
  if (session === undefined) return 'static-keys';
  if (/^i-[0-9a-f]+$/.test(session)) return 'node-role';
  if (session.startsWith('eks-')) return 'pod-identity';
  if (/^(botocore-session-|aws-sdk-|aws-go-sdk-|web-identity)/.test(session)) {
    return 'irsa';
  }
  return 'role';
}

/** Whether the session belongs to this role: by partition, account and name, and by RoleId if both are known. */
export function compareCaller(
  caller: Caller,
  roleArn: string,
  roleId?: string,
): 'same' | 'other' | 'recreated' {
  // STS ARNs do not contain the path of a role.
  if (
    caller.roleName !== nameOfArn(roleArn) ||
    caller.accountId !== accountOfArn(roleArn) ||
    caller.partition !== partitionOfArn(roleArn)
  ) {
    return 'other';
  }
  if (roleId && caller.uniqueId && caller.uniqueId !== roleId) {
    return 'recreated';
  }
  return 'same';
}
