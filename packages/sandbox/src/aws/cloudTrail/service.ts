import { AwsError, jsonAuthenticationError } from '../errors';
import { JSON_REFUSAL, guard } from '../guard';
import { awsJsonErrorReply, awsJsonReply } from '../protocol/json';
import { AwsService } from '../service';
import { World } from '../state/world';
import { lookupEvents } from './lookup';
import { LookupThrottle } from './throttle';

const TARGET =
  /^(?:com\.amazonaws\.cloudtrail\.v20131101\.)?CloudTrail_20131101\.(\w+)$/;
const LOOKUP = 'LookupEvents';

/** AWS CloudTrail, limited to the event history. */
export function cloudTrailService(world: World): AwsService {
  const throttle = new LookupThrottle();
  return {
    name: 'cloudtrail',
    route(request) {
      const found = TARGET.exec(request.headers['x-amz-target'] ?? '');
      return found?.[1] === LOOKUP ? { operation: LOOKUP } : undefined;
    },
    unknownOperation: () => new AwsError('UnknownOperationException', ''),
    async handle(call) {
      if (!throttle.take(world, `${call.caller.accountId}/${call.region}`)) {
        throw new AwsError('ThrottlingException', 'Rate exceeded');
      }
      guard(
        world,
        call,
        { action: `cloudtrail:${LOOKUP}`, resource: '*' },
        { ...JSON_REFUSAL, statusCode: 400, showResource: () => undefined },
      );
      return awsJsonReply(lookupEvents(world, call), call.requestId);
    },
    authenticationError(problem) {
      const { code, message } = jsonAuthenticationError(problem);
      return new AwsError(code, message);
    },
    renderError: awsJsonErrorReply,
  };
}
