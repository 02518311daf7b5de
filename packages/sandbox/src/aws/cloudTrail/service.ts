import { TokenBucket } from '../../core/tokenBucket';
import { AwsError, jsonAuthenticationError } from '../errors';
import { JSON_REFUSAL, guard } from '../guard';
import { awsJsonErrorReply, awsJsonReply } from '../protocol/json';
import { AwsService } from '../service';
import { World } from '../state/world';
import { lookupEvents } from './lookup';

const TARGET =
  /^(?:com\.amazonaws\.cloudtrail\.v20131101\.)?CloudTrail_20131101\.(\w+)$/;
const LOOKUP = 'LookupEvents';

/** AWS CloudTrail, limited to the event history. */
export function cloudTrailService(world: World): AwsService {
  const buckets = new Map<string, TokenBucket>();
  /** Whether one more lookup is within the rate of the account and region. */
  const isWithinRate = (place: string) => {
    const bucket = buckets.get(place) ?? new TokenBucket(world.core.clock);
    buckets.set(place, bucket);
    const rate = world.settings.lookupsPerSecond;
    return bucket.take({ perSecond: rate, burst: rate });
  };
  return {
    name: 'cloudtrail',
    route(request) {
      const found = TARGET.exec(request.headers['x-amz-target'] ?? '');
      return found?.[1] === LOOKUP ? { operation: LOOKUP } : undefined;
    },
    unknownOperation: () => new AwsError('UnknownOperationException', ''),
    async handle(call) {
      if (!isWithinRate(`${call.caller.accountId}/${call.region}`)) {
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
