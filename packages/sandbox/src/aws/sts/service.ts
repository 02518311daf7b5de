import { sessionNotes } from '../cloudTrail/sessionEvents';
import { AwsError, queryAuthenticationError } from '../errors';
import { acceptPolicy } from '../iam/context';
import { Parameters } from '../iam/parameters';
import { denialReason, denialSentence } from '../policy/denials';
import { decide } from '../policy/evaluate';
import { QUERY_REFUSAL } from '../guard';
import type { PolicyDocument } from '../policy/document';
import {
  queryErrorReply,
  queryParameters,
  queryReply,
  structure,
} from '../protocol/query';
import { XmlValue, isoSeconds } from '../protocol/xml';
import { AwsCall, AwsService } from '../service';
import { World, roleOfArn } from '../state/world';
import { sessionArn } from '../authentication';
import { mayUseRole } from './assumeRole';
import { sessionTagKeys } from './sessionTagKeys';
import { createSession, readAsked } from './sessions';
import { assumeRoleWithWebIdentity } from './webIdentity';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const VERSION = '2011-06-15';
/** The only operation here that is authenticated by a token instead of a signature. */
const WEB_IDENTITY = 'AssumeRoleWithWebIdentity';

const ANYTHING: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};

interface StsCall {
  world: World;
  call: AwsCall;
  parameters: Parameters;
}

/** Needs no right, but has to pass the VPC endpoint like any other call. */
function getCallerIdentity({ call, parameters }: StsCall): XmlValue {
  parameters.done();
  const { arn, asker, endpointPolicy } = call.caller;
  const action = 'sts:GetCallerIdentity';
  const decision = decide(
    { identity: [ANYTHING], vpcEndpoint: endpointPolicy && [endpointPolicy] },
    { action, resource: '*', context: call.context, asker },
  );
  if (!decision.allowed) {
    const reason = denialReason(decision, action);
    throw new AwsError(
      QUERY_REFUSAL.code,
      denialSentence({ callerArn: arn, action, reason }),
      QUERY_REFUSAL.statusCode,
    );
  }
  return {
    Arn: call.caller.arn,
    UserId: call.caller.userId,
    Account: call.caller.accountId,
  };
}

function readSessionPolicies({ world, parameters }: StsCall): string[] {
  const inline = parameters.text('Policy', { minLength: 1, maxLength: 2048 });
  const arns = parameters.list('PolicyArns').map(item => {
    const arn = (item as { arn?: string }).arn ?? '';
    const document = world.seenPolicyDocument(arn);
    if (document === undefined) {
      throw new AwsError(
        'InvalidParameterValue',
        `PolicyArn ${arn} does not exist or is not attachable.`,
        400,
      );
    }
    return document;
  });
  if (inline === undefined) return arns;
  acceptPolicy(inline, 'identity');
  return [inline, ...arns];
}

function readDuration(
  { call, parameters }: StsCall,
  longest: number | undefined,
): number {
  const seconds =
    parameters.integer('DurationSeconds', { min: 900, max: 43_200 }) ?? 3600;
  if (call.caller.session && seconds > 3600) {
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
      400,
    );
  }
  if (longest !== undefined && seconds > longest) {
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      400,
    );
  }
  return seconds;
}

/** The size of session tags and policies as a percentage of the limit. */
export function packedPercent(
  { settings }: World,
  tags: Record<string, string>,
  policies: string[],
): number {
  const text = JSON.stringify(tags).length + policies.join('').length;
  return Math.ceil((text * 100) / settings.sessionBytes);
}

function assumeRole(sts: StsCall): XmlValue {
  const { world, call, parameters } = sts;
  const { roleArn, sessionName } = readAsked(parameters);
  const externalId = parameters.text('ExternalId', {
    minLength: 2,
    maxLength: 1224,
    pattern: /^[\w+=,.@:/-]*$/,
  });
  const tags = parameters.tags();
  const transitive = parameters.texts('TransitiveTagKeys');
  const policies = readSessionPolicies(sts);
  const parts = roleOfArn(roleArn);
  const role = world.seenRoleByArn(roleArn);
  const duration = readDuration(sts, role?.maxSessionDuration);
  parameters.done();

  const inherited = Object.fromEntries(
    (call.caller.session?.transitiveTags ?? []).map(key => [
      key,
      call.caller.session!.tags[key],
    ]),
  );
  const clash = Object.keys(tags).find(key => Object.hasOwn(inherited, key));
  if (clash !== undefined) {
    throw new AwsError(
      'InvalidParameterValue',
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
      400,
    );
  }
  const context = call.context.with({
    ...sessionTagKeys({ ...inherited, ...tags }, [
      ...Object.keys(inherited),
      ...transitive,
    ]),
    'sts:ExternalId': externalId,
    'sts:RoleSessionName': sessionName,
  });
  const actions = ['sts:AssumeRole', 'sts:TagSession'] as const;
  const needed = actions.slice(
    0,
    Object.keys(tags).length + Object.keys(inherited).length > 0 ? 2 : 1,
  );
  for (const action of needed) {
    const allowed =
      role && parts && mayUseRole(world, call.caller, role, action, context);
    if (!allowed || !allowed.allowed) {
      // Like AWS, gives the same answer for a missing role and for one that does not trust the caller.
      throw new AwsError(
        'AccessDenied',
        denialSentence({
          callerArn: call.caller.arn,
          action,
          resource: roleArn,
        }),
        403,
      );
    }
  }
  const sessionTags = { ...inherited, ...tags };
  const packed = packedPercent(world, sessionTags, policies);
  if (packed > 100) {
    throw new AwsError(
      'PackedPolicyTooLarge',
      `Packed size of session tags consumes ${packed}% of allotted space.`,
      400,
    );
  }
  const session = createSession(world, {
    role: role!,
    accountId: parts!.accountId,
    sessionName,
    durationSeconds: duration,
    tags: sessionTags,
    transitiveTags: [...Object.keys(inherited), ...transitive],
    policies,
    origin: 'sts',
    chained: call.caller.session !== undefined,
    region: call.region,
  });
  const hasContent = policies.length + Object.keys(sessionTags).length > 0;
  Object.assign(call.event, {
    ...sessionNotes(session, {
      tags,
      transitiveTagKeys: transitive,
      incomingTags: inherited,
      externalId,
      durationSeconds: duration,
      packedPolicySize: hasContent ? packed : undefined,
    }),
    roleAccount: session.accountId,
  });
  return {
    AssumedRoleUser: {
      AssumedRoleId: `${session.roleId}:${sessionName}`,
      Arn: sessionArn(session),
    },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: isoSeconds(session.expiresAt),
    },
    PackedPolicySize: hasContent ? packed : undefined,
  };
}

const operations: Record<string, (sts: StsCall) => XmlValue> = {
  GetCallerIdentity: getCallerIdentity,
  AssumeRole: assumeRole,
};

/** AWS Security Token Service. */
export function stsService(world: World): AwsService {
  return {
    name: 'sts',
    route(request) {
      const flat = queryParameters(request);
      const known =
        Object.hasOwn(operations, flat.Action ?? '') ||
        flat.Action === WEB_IDENTITY;
      return flat.Version === VERSION && known
        ? { operation: flat.Action }
        : undefined;
    },
    unknownOperation(request) {
      const flat = queryParameters(request);
      return new AwsError(
        'InvalidAction',
        `Could not find operation ${flat.Action ?? ''} for version ${
          flat.Version ?? 'NO_VERSION_SPECIFIED'
        }`,
        400,
      );
    },
    async handle(call) {
      const parameters = new Parameters(
        structure(queryParameters(call.request)),
      );
      return queryReply({
        namespace: NAMESPACE,
        operation: call.operation,
        requestId: call.requestId,
        result: operations[call.operation]({ world, call, parameters }),
      });
    },
    handleUnsigned(operation, request, requestId) {
      if (operation !== WEB_IDENTITY) {
        return undefined;
      }
      const parameters = new Parameters(structure(queryParameters(request)));
      return assumeRoleWithWebIdentity(world, parameters, {
        requestId,
        userAgent: request.headers['user-agent'] ?? '-',
      }).then(result =>
        queryReply({
          namespace: NAMESPACE,
          operation: WEB_IDENTITY,
          requestId,
          result,
        }),
      );
    },
    authenticationError: queryAuthenticationError,
    renderError: (error, requestId) =>
      queryErrorReply(error, NAMESPACE, requestId),
  };
}
