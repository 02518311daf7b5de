import { queryAuthenticationError } from '../errors';
import { Parameters } from '../iam/parameters';
import {
  queryErrorReply,
  queryParameters,
  queryReply,
  structure,
  unknownAction,
} from '../protocol/query';
import { AwsService } from '../service';
import { World } from '../state/world';
import { changeSetOperations } from './changeSets';
import { CloudFormationOperation } from './context';
import { stackOperations } from './stacks';

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';
const VERSION = '2010-05-15';

const operations: Record<string, CloudFormationOperation> = {
  ...stackOperations,
  ...changeSetOperations,
};

/** AWS CloudFormation, for stacks of the resources that a portal's setup has. */
export function cloudFormationService(
  world: World,
  services: Record<'iam' | 'eks', AwsService>,
): AwsService {
  return {
    name: 'cloudformation',
    route(request) {
      const { Action, Version } = queryParameters(request);
      return Version === VERSION && Object.hasOwn(operations, Action)
        ? { operation: Action }
        : undefined;
    },
    unknownOperation: unknownAction,
    async handle(call) {
      const { operation, requestId } = call;
      const result = await operations[operation]({
        world,
        services,
        call,
        account: world.account(call.caller.accountId),
        parameters: new Parameters(structure(queryParameters(call.request))),
      });
      return queryReply({ namespace: NAMESPACE, operation, requestId, result });
    },
    authenticationError: queryAuthenticationError,
    renderError: (error, requestId) =>
      queryErrorReply(error, NAMESPACE, requestId),
  };
}
