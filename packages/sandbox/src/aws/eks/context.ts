import { ClusterKey } from '../../core/contract';
import { AwsError } from '../errors';
import { JSON_REFUSAL, Need, guard } from '../guard';
import { AwsCall } from '../service';
import { AccountState, ClusterRecord } from '../state/types';
import { World } from '../state/world';
import { invalidRequest, notFound } from './errors';
import { regionalArn } from '../../core/partition';

/** The input of an EKS operation. */
export interface EksContext {
  world: World;
  call: AwsCall;
  account: AccountState;
  /** Decoded path parameters. */
  path: Record<string, string>;
  /** Refuses the call unless the caller may do it. */
  need(need: Need): void;
}

/** An EKS operation; its result becomes the JSON body. */
export type EksOperation = (context: EksContext) => unknown | Promise<unknown>;

export function eksContext(
  world: World,
  call: AwsCall,
  path: Record<string, string>,
): EksContext {
  return {
    world,
    call,
    account: world.account(call.caller.accountId),
    path,
    need: need => guard(world, call, need, JSON_REFUSAL),
  };
}

/** Key of the cluster in the path, in the caller's account and the signature's region. */
function keyOf(context: EksContext): ClusterKey {
  return {
    accountId: context.account.id,
    region: context.call.region,
    name: context.path.name,
  };
}

/** ARN of an EKS resource in the caller's account and region. */
export function eksArn(context: EksContext, rest: string): string {
  const { call, account } = context;
  return regionalArn(
    'eks',
    { region: call.region, accountId: account.id },
    rest,
  );
}

/** Condition keys for the tags of an EKS resource. */
export function tagKeys(
  tags: Record<string, string> | undefined,
  kind: 'ResourceTag' | 'RequestTag',
): Record<string, string | string[] | undefined> {
  const keys: Record<string, string | string[] | undefined> = {};
  for (const [key, value] of Object.entries(tags ?? {})) {
    keys[`aws:${kind}/${key}`] = value;
  }
  if (kind === 'RequestTag' && tags && Object.keys(tags).length > 0) {
    keys['aws:TagKeys'] = Object.keys(tags);
  }
  return keys;
}

/** Authorises the operation on the cluster's ARN. */
export function needOnCluster(
  context: EksContext,
  requestTags?: Record<string, string>,
): void {
  const cluster = context.world.cluster(keyOf(context));
  context.need({
    action: `eks:${context.call.operation}`,
    resource: eksArn(context, `cluster/${context.path.name}`),
    context: {
      ...tagKeys(cluster?.tags, 'ResourceTag'),
      ...tagKeys(requestTags, 'RequestTag'),
    },
  });
}

/** The cluster in the path; throws EKS's 404 when it does not exist. */
export function existingCluster(context: EksContext): ClusterRecord {
  const cluster = context.world.cluster(keyOf(context));
  if (!cluster) {
    throw notFound(`No cluster found for name: ${context.path.name}.`, {
      clusterName: context.path.name,
    });
  }
  return cluster;
}

/** The cluster in the path, which must be active. */
export function activeCluster(context: EksContext): ClusterRecord {
  const cluster = existingCluster(context);
  if (cluster.status !== 'ACTIVE' && cluster.status !== 'UPDATING') {
    throw invalidRequest(`Cluster '${cluster.name}' is not in ACTIVE status`, {
      clusterName: cluster.name,
    });
  }
  return cluster;
}

/** Authorises the tags of a create call, which count as those of the resource, too. */
export function needTagging(
  context: EksContext,
  resource: string,
  tags: Record<string, string>,
): void {
  if (Object.keys(tags).length > 0) {
    context.need({
      action: 'eks:TagResource',
      resource,
      context: {
        ...tagKeys(tags, 'ResourceTag'),
        ...tagKeys(tags, 'RequestTag'),
      },
    });
  }
}

/** Authorises passing a role to EKS; roles of other accounts cannot be passed. */
export function needPassRole(context: EksContext, roleArn: string): void {
  if (roleArn.split(':')[4] !== context.account.id) {
    throw new AwsError(
      'AccessDeniedException',
      'Cross-account pass role is not allowed.',
      403,
    );
  }
  context.need({
    action: 'iam:PassRole',
    resource: roleArn,
    context: {
      'iam:PassedToService': 'pods.eks.amazonaws.com',
      'iam:AssociatedResourceArn': eksArn(
        context,
        `cluster/${context.path.name}`,
      ),
    },
  });
}

/** The earlier result for the same idempotency token; refuses a token that was used for another request. */
export function answeredBefore(
  context: EksContext,
  token: string | undefined,
  request: unknown,
): { id: string } | undefined {
  if (token === undefined) {
    return undefined;
  }
  const before = context.world.state.requestTokens.get(
    tokenKey(context, token),
  );
  if (before && before.fingerprint !== JSON.stringify(request)) {
    throw new AwsError(
      'InvalidParameterException',
      'The clientRequestToken was already used by a request with other parameters.',
      400,
    );
  }
  return before;
}

const A_DAY = 86_400_000;

/** Remembers what the request with an idempotency token created. */
export function rememberToken(
  context: EksContext,
  token: string | undefined,
  request: unknown,
  id: string,
): void {
  if (token === undefined) {
    return;
  }
  const now = context.world.now();
  const { requestTokens } = context.world.state;
  for (const [key, { at }] of requestTokens) {
    // Tokens are in order of age, and EKS remembers each for a day.
    if (at > now - A_DAY) {
      break;
    }
    requestTokens.delete(key);
  }
  requestTokens.set(tokenKey(context, token), {
    fingerprint: JSON.stringify(request),
    id,
    at: now,
  });
}

function tokenKey(context: EksContext, token: string) {
  const { operation, region } = context.call;
  return [operation, context.account.id, region, context.path.name, token].join(
    '/',
  );
}
