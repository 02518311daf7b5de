import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  errorClassTable,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import { classifyAwsError } from './classify';
import { globMatches } from '../iam/glob';
import { explainNoAnswer } from '../network/noAnswer';
import { redact } from '../text/redact';
import { fullStop } from '../text/fullStop';
import {
  needsBoundary,
  namesPortal,
  sectionOf,
  sectionWith,
  statementWith,
} from './findRight';
import { proposedBoundary, type RightsStatement } from './portalRights';
import type { AwsErrorInfo } from './types';
import { voiceOf, settingOf, type Voice } from '../text/voice';
import { capitalised } from '../text/capitalised';
import { permissionsPage } from '../text/permissionsPage';

export { classifyAwsError } from './classify';
/**
 * The portal has no usable credentials for an account, or is not allowed to assume the role configured for it. The
 * message says what to configure.
 */
export class AwsCredentialsError extends Error {
  readonly name = 'AwsCredentialsError';
  readonly accountId: string;
  constructor(
    message: string,
    options: { accountId: string; cause?: unknown },
  ) {
    super(redact(message));
    this.accountId = options.accountId;
    hideCause(this, options.cause);
  }
}

/** Attaches a cause for debuggers: not enumerable, so that it is never serialised into a response or a row. */
function hideCause(error: Error, cause: unknown): void {
  if (cause !== undefined) {
    Object.defineProperty(error, 'cause', { value: cause, enumerable: false });
  }
}

/** The members of a cluster that a sentence about a failed call names. */
interface ErrorSubject {
  id: string;
  accountId: string;
  region: string;
  partition?: string;
  /** As EKS knows it. */
  name?: string;
  guardrails?: { permissionsBoundaryArn?: string };
  /** Of the roles that the portal creates, with both slashes. */
  rolePath: string;
  portalId?: string;
  voice?: Voice;
  permissionsUrl?: string;
}

export interface AwsErrorContext {
  /** The attempted action, to follow "Could not": `create the role eks-payments-…`. */
  doing: string;
  cluster?: ErrorSubject;
}

/** The whole statement of the documented rights that a denial asks for, with its limits. */
function documented(
  { action, resource }: AwsErrorInfo,
  { cluster }: AwsErrorContext,
): RightsStatement | undefined {
  if (!action || !cluster) return undefined;
  const { region, accountId, partition = 'aws', name, guardrails } = cluster;
  const { rolePath, portalId = '<portalId>' } = cluster;
  return statementWith(
    action,
    {
      partition,
      region,
      accountId,
      clusterName: name ?? cluster.id,
      rolePath,
      boundaryArn:
        guardrails?.permissionsBoundaryArn ??
        proposedBoundary({ partition, accountId }),
      portalId,
    },
    resource,
  );
}

const hashOf = (action: string | undefined) => {
  const section = action && sectionWith(action);
  return section ? `#${section}` : '';
};

/** What the statement covers, where that is not what AWS refused. */
function outsideOf(
  { resource }: AwsErrorInfo,
  { Resource }: RightsStatement,
): string | undefined {
  const covered = [Resource].flat();
  return resource?.includes(':role/') &&
    !covered.some(one => globMatches(one, resource))
    ? covered.join(' and ')
    : undefined;
}

const WAY_BACK =
  'docs/upgrading.md#the-rights-of-the-write-role has the way back';

/** Conditions that hold by what AWS documents of calls that create, and were not tried there. */
function adviceOnCreating(
  { action }: AwsErrorInfo,
  { cluster }: AwsErrorContext,
): string[] {
  if (action === 'iam:PassRole' && cluster) {
    return [
      `If they have it, AWS finds its condition iam:AssociatedResourceARN not fulfilled: compare the cluster in it with ${
        cluster.name ?? cluster.id
      } in account ${cluster.accountId} and region ${
        cluster.region
      }. Where they agree, ${WAY_BACK}.`,
    ];
  }
  return action === 'eks:TagResource' || action === 'iam:TagRole'
    ? [
        `Where AWS refuses the tags of something new although both agree, ${WAY_BACK}.`,
      ]
    : [];
}

/** Never wider than the documented rights: a statement for the one action that was denied would lack their conditions. */
function adviceOnMissingRight(
  info: AwsErrorInfo,
  context: AwsErrorContext,
): string {
  const { me, my } = voiceOf(context.cluster);
  const page = permissionsPage(context.cluster);
  const statement = documented(info, context);
  if (!statement) {
    return info.action
      ? `${info.action} is no right that ${me} needs here: do not add it; compare the policies of ${my} credentials with ${page}.`
      : `AWS does not say which permission is missing: compare the policies of ${my} credentials with ${page}.`;
  }
  const outside = outsideOf(info, statement);
  if (outside && info.action === 'iam:PassRole') {
    const { Sid: _, ...alike } = statement;
    return `The statement of ${page}#${sectionOf(
      statement,
    )} covers ${outside}, and this role is elsewhere: if it is to be used here, give ${my} credentials this one beside it: ${JSON.stringify(
      { ...alike, Resource: info.resource },
    )}.`;
  }
  if (outside) {
    return `The statement of ${page}#${sectionOf(
      statement,
    )} covers only ${outside}. Do not widen it to ${
      info.resource
    }: ${me} is not meant to do this to other roles.`;
  }
  const boundary = context.cluster?.guardrails?.permissionsBoundaryArn;
  return [
    `Give ${my} credentials this statement of ${page}#${sectionOf(
      statement,
    )}, whole: ${JSON.stringify(statement)}.`,
    ...(needsBoundary(statement)
      ? [
          boundary
            ? `If they have it, the boundary is another than ${boundary}, which eksPodIdentity.role.permissionsBoundaryArn names: correct the setting or the statement, and keep the condition.`
            : `It holds only for roles with a boundary: set eksPodIdentity.role.permissionsBoundaryArn to the ARN in the condition, and keep the condition.`,
        ]
      : []),
    ...(namesPortal(statement)
      ? [
          `If they have it, ${MARK_TAGS.portal} in it is another than ${context.cluster?.portalId}, which eksPodIdentity.portalId names: correct the setting or the statement. What was made under another id can be changed once an administrator has tagged it (docs/upgrading.md).`,
        ]
      : []),
    ...adviceOnCreating(info, context),
  ].join(' ');
}

function adviceOnDenial(info: AwsErrorInfo, context: AwsErrorContext): string {
  const { me, my } = voiceOf(context.cluster);
  const page = permissionsPage(context.cluster);
  switch (info.layer) {
    case 'service control policy':
    case 'resource control policy':
    case 'permissions boundary':
    case 'session policy':
    case 'VPC endpoint policy':
      return `A ${
        info.layer
      } denies this to ${my} credentials: ask its owner; more identity policies will not help. What ${me} needs is in ${page}${hashOf(
        info.action,
      )}.`;
    default:
      return adviceOnMissingRight(info, context);
  }
}

/** EKS names this limit for nothing else that the portal creates. */
function adviceOnAssociations(region: string, name: string): string {
  const list = `aws eks list-pod-identity-associations --region ${region} --cluster-name ${name} --query 'associations[].[namespace,serviceAccount,associationId]' --output text`;
  return `A cluster holds 5,000 associations at most, and AWS does not raise that: remove those that no workload needs. The page "AWS identities" under "Orphans" lists those whose component is gone. This command lists associations whose service account is gone: ${list} | while read -r ns sa id; do kubectl -n "$ns" get serviceaccount "$sa" >/dev/null 2>&1 || echo "$ns/$sa $id"; done`;
}

function adviceOnNotFound(info: AwsErrorInfo, cluster?: ErrorSubject): string {
  const boundary = cluster?.guardrails?.permissionsBoundaryArn;
  return boundary && info.message.includes(boundary)
    ? `eksPodIdentity.role.permissionsBoundaryArn names this policy: create it (${permissionsPage(
        cluster,
      )}#aws-a-boundary-for-the-roles-of-workloads has one to begin with), or correct the setting.`
    : 'Check the name, the account and the region.';
}

function adviceOnSilence(info: AwsErrorInfo, cluster?: ErrorSubject): string {
  const voice = voiceOf(cluster);
  const explained = explainNoAnswer(info, 'AWS', voice);
  const lead = `${capitalised(voice.me)} cannot reach AWS${
    cluster ? ` in ${cluster.region}` : ''
  }`;
  return explained
    ? `${lead}. ${explained.cause} ${explained.action}`
    : `${lead}: check its network, proxy and AWS_ENDPOINT_URL settings, then run it again.`;
}

function advice(info: AwsErrorInfo, context: AwsErrorContext): string {
  const { cluster } = context;
  const voice = voiceOf(cluster);
  const { my, host, credentials } = voice;
  const account = cluster ? ` of account ${cluster.accountId}` : '';
  switch (info.kind) {
    case 'denied':
      return adviceOnDenial(info, context);
    case 'credentials':
      return info.code === 'AwsCredentialsError'
        ? ''
        : `AWS does not accept ${my} credentials${account}: check ${credentials}, the credentials' expiry and the clock of ${host}.`;
    case 'throttled':
      return `AWS throttles the calls${account}: try again in a minute, or lower ${settingOf(
        voice,
        'eksPodIdentity.pacing',
      )}.`;
    case 'unreachable':
      return adviceOnSilence(info, cluster);
    case 'server':
      return 'This is a fault on the side of AWS: run it again in a minute.';
    case 'limit':
      if (/^ResourceLimitExceeded/.test(info.code) && cluster?.name) {
        return adviceOnAssociations(cluster.region, cluster.name);
      }
      return `A quota${account} is used up: remove what is no longer needed or ask AWS to raise it.`;
    case 'in-use':
      return 'Something still depends on it: run it again once that is gone.';
    case 'conflict':
      return 'Check what exists, then run it again.';
    case 'not-found':
      return adviceOnNotFound(info, cluster);
    case 'invalid':
      return 'Correct the value AWS names, then run it again.';
    default:
      return '';
  }
}

const CLASSES: Partial<
  Record<AwsErrorInfo['kind'], new (message: string) => Error>
> = {
  'not-found': NotFoundError,
  denied: NotAllowedError,
  conflict: ConflictError,
  'in-use': ConflictError,
  invalid: InputError,
  limit: ConflictError,
  throttled: ServiceUnavailableError,
  unreachable: ServiceUnavailableError,
  credentials: ServiceUnavailableError,
  server: ServiceUnavailableError,
};

/** True for an `@backstage/errors` class, which already carries a sentence for a user. */
export function isExplained(error: unknown): error is Error {
  return (
    error instanceof Error &&
    (error.name in errorClassTable ||
      error.name === 'AuthenticationError' ||
      error.name === 'ForwardedError')
  );
}

/**
 * Turns an error of an AWS client into an `@backstage/errors` class with a sentence a user can act on: what was
 * tried, what AWS answered, what to do next. Errors of such a class and aborts are returned unchanged.
 */
export function toAwsBackstageError(
  error: unknown,
  context: AwsErrorContext,
): Error {
  if (isExplained(error)) return error;
  const info = classifyAwsError(error);
  if (info.kind === 'aborted') {
    return error instanceof Error ? error : new Error(info.message);
  }
  const where = context.cluster ? ` (cluster ${context.cluster.id})` : '';
  const text = fullStop(info.message);
  const answered =
    info.code === 'AwsCredentialsError'
      ? info.message
      : `AWS answered ${info.code}: ${text}`;
  const sentence = [
    `Could not ${context.doing}${where}.`,
    info.kind === 'unreachable' ? `No answer: ${text}` : answered,
    advice(info, context),
  ]
    .filter(Boolean)
    .join(' ');
  const Class = CLASSES[info.kind] ?? Error;
  const result = new Class(sentence);
  hideCause(result, error);
  return result;
}
