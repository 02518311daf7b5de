import { AwsError, queryAuthenticationError } from '../errors';
import { AwsRequest } from '../protocol/request';
import {
  parseForm,
  queryErrorReply,
  queryReply,
  structure,
} from '../protocol/query';
import { AwsService } from '../service';
import { World } from '../state/world';
import { accountOperations } from './accountDetails';
import { IamOperation, iamContext } from './context';
import { instanceProfileOperations } from './instanceProfiles';
import { Parameters } from './parameters';
import { policyOperations } from './policies';
import { rolePolicyOperations } from './rolePolicies';
import { roleOperations } from './roles';
import { simulatorOperations } from './simulate';

const NAMESPACE = 'https://iam.amazonaws.com/doc/2010-05-08/';
const VERSION = '2010-05-08';

const operations: Record<string, IamOperation> = {
  ...roleOperations,
  ...rolePolicyOperations,
  ...policyOperations,
  ...instanceProfileOperations,
  ...accountOperations,
  ...simulatorOperations,
};

/** The flat parameters of a query-protocol request, from its body or its URL. */
export function queryParameters(request: AwsRequest): Record<string, string> {
  const fromUrl = Object.fromEntries(
    Object.entries(request.query).map(([key, value]) => [key, String(value)]),
  );
  return { ...fromUrl, ...parseForm(request.body.toString('utf8')) };
}

/** AWS Identity and Access Management. */
export function iamService(world: World): AwsService {
  return {
    name: 'iam',
    route(request) {
      const flat = queryParameters(request);
      return flat.Version === VERSION && Object.hasOwn(operations, flat.Action)
        ? { operation: flat.Action }
        : undefined;
    },
    unknownOperation(request) {
      const flat = queryParameters(request);
      return flat.Action
        ? new AwsError(
            'InvalidAction',
            `Could not find operation ${flat.Action} for version ${
              flat.Version ?? 'NO_VERSION_SPECIFIED'
            }`,
            400,
          )
        : new AwsError('MissingAction', 'Missing Action', 400);
    },
    async handle(call) {
      const parameters = new Parameters(
        structure(queryParameters(call.request)),
      );
      const result = operations[call.operation](
        iamContext(world, call, parameters),
      );
      return queryReply({
        namespace: NAMESPACE,
        operation: call.operation,
        requestId: call.requestId,
        result,
      });
    },
    authenticationError: queryAuthenticationError,
    renderError: (error, requestId) =>
      queryErrorReply(error, NAMESPACE, requestId),
  };
}
