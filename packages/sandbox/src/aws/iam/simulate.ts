import { AwsError } from '../errors';
import { layersOf } from '../authorization';
import { Caller, callerContext } from '../authentication';
import { decide } from '../policy/evaluate';
import { members } from '../protocol/xml';
import { IamContext, IamOperation, noSuchEntity } from './context';
import { currentUniqueId } from './views';

/** The principal to simulate, as if it were the caller. */
function simulatedCaller(context: IamContext, arn: string): Caller {
  const uniqueId = currentUniqueId(context.world, arn);
  const parts =
    /^arn:aws[\w-]*:iam::(\d{12}):(user|role)\/(?:.*\/)?([^/]+)$/.exec(arn);
  if (!uniqueId || !parts || parts[1] !== context.account.id) {
    throw noSuchEntity(`The principal ${arn} cannot be found.`);
  }
  const [, accountId, type, name] = parts;
  const asker = {
    kind: 'aws' as const,
    accountId,
    arn,
    principalArn: arn,
    uniqueId,
  };
  const common = {
    accountId,
    arn,
    userId: uniqueId,
    principalArn: arn,
    internal: false,
    asker,
  };
  if (type === 'user') {
    return { ...common, userName: name };
  }
  return {
    ...common,
    session: {
      accessKeyId: '',
      secretAccessKey: '',
      sessionToken: '',
      accountId,
      roleArn: arn,
      roleName: name,
      roleId: uniqueId,
      sessionName: 'simulated',
      issuedAt: 0,
      expiresAt: 0,
      tags: {},
      transitiveTags: [],
      policies: [],
      origin: 'sts',
      chained: false,
    },
  };
}

interface ContextEntry {
  ContextKeyName?: string;
  ContextKeyValues?: string[];
}

const simulatePrincipalPolicy: IamOperation = context => {
  const { world, call, parameters } = context;
  const source = parameters.required('PolicySourceArn');
  const actions = parameters.texts('ActionNames');
  const resources = parameters.texts('ResourceArns');
  const entries = parameters.list('ContextEntries') as ContextEntry[];
  for (const unused of ['MaxItems', 'Marker', 'CallerArn', 'ResourceOwner']) {
    parameters.text(unused);
  }
  parameters.done();
  context.need({
    action: 'iam:SimulatePrincipalPolicy',
    resource: source,
  });
  if (actions.length === 0) {
    throw new AwsError(
      'ValidationError',
      "1 validation error detected: Value null at 'actionNames' failed to satisfy constraint: Member must not be null",
      400,
    );
  }
  const caller = simulatedCaller(context, source);
  const values: Record<string, string[]> = {};
  for (const entry of entries) {
    values[entry.ContextKeyName ?? ''] = entry.ContextKeyValues ?? [];
  }
  const known = callerContext(world, caller, {
    region: call.region,
    sourceIp: call.request.remoteAddress,
  }).with(values);
  const results = actions.flatMap(action =>
    (resources.length ? resources : ['*']).map(resource => {
      const decision = decide(layersOf(world, caller), {
        action,
        resource,
        context: known,
        asker: caller.asker,
      });
      let verdict = 'allowed';
      if (!decision.allowed) {
        verdict = decision.explicit ? 'explicitDeny' : 'implicitDeny';
      }
      return {
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: verdict,
        MatchedStatements: {},
        MissingContextValues: {},
      };
    }),
  );
  return { IsTruncated: false, EvaluationResults: members(results) };
};

export const simulatorOperations: Record<string, IamOperation> = {
  SimulatePrincipalPolicy: simulatePrincipalPolicy,
};
