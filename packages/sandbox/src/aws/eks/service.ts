import { jsonAuthenticationError, unknownOperation } from '../errors';
import { restJsonErrorReply, restJsonReply } from '../protocol/json';
import { AwsService } from '../service';
import { World } from '../state/world';
import { accessEntryOperations } from './accessEntries';
import { addonUpdateOperations } from './addonUpdates';
import { addonOperations } from './addons';
import { associationOperations } from './associations';
import { clusterOperations } from './clusters';
import { computeOperations } from './compute';
import { EksOperation, eksContext } from './context';
import { matchRoute } from './routes';
import { tagOperations } from './tags';

const operations: Record<string, EksOperation> = {
  ...clusterOperations,
  ...associationOperations,
  ...addonOperations,
  ...addonUpdateOperations,
  ...accessEntryOperations,
  ...computeOperations,
  ...tagOperations,
};

/** Amazon Elastic Kubernetes Service. */
export function eksService(world: World): AwsService {
  return {
    name: 'eks',
    route(request) {
      const found = matchRoute(request.method, request.rawPath);
      return found && { operation: found.operation, cluster: found.path.name };
    },
    unknownOperation,
    async handle(call) {
      const { path } = matchRoute(call.request.method, call.request.rawPath)!;
      const answer = await operations[call.operation](
        eksContext(world, call, path),
      );
      return restJsonReply(answer, call.requestId);
    },
    authenticationError: jsonAuthenticationError,
    renderError: restJsonErrorReply,
  };
}
