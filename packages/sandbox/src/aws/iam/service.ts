import { queryAuthenticationError } from '../errors';
import {
  queryErrorReply,
  queryParameters,
  queryReply,
  structure,
  unknownAction,
} from '../protocol/query';
import { AwsService } from '../service';
import { World } from '../state/world';
import { accountOperations } from './accountDetails';
import { IamOperation, iamContext } from './context';
import { instanceProfileOperations } from './instanceProfiles';
import { oidcProviderOperations } from './oidcProviders';
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
  ...oidcProviderOperations,
  ...accountOperations,
  ...simulatorOperations,
};

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
    unknownOperation: unknownAction,
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
