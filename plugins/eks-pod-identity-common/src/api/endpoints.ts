import { accessEndpoints } from './access';
import { choiceEndpoints } from './choices';
import { documentEndpoints } from './documents';
import { fleetEndpoints } from './fleet';
import { identityEndpoints } from './identities';
import { moveQueueEndpoints } from './moveQueues';
import { operationEndpoints } from './operations';
import { reportEndpoints } from './runs';
import { clusterEndpoints } from './setup';

/** All endpoints, in the order of the document. @public */
export const endpoints: typeof operationEndpoints &
  typeof reportEndpoints &
  typeof identityEndpoints &
  typeof fleetEndpoints &
  typeof accessEndpoints &
  typeof moveQueueEndpoints &
  typeof clusterEndpoints &
  typeof choiceEndpoints &
  typeof documentEndpoints = {
  ...operationEndpoints,
  ...reportEndpoints,
  ...identityEndpoints,
  ...fleetEndpoints,
  ...accessEndpoints,
  ...moveQueueEndpoints,
  ...clusterEndpoints,
  ...choiceEndpoints,
  ...documentEndpoints,
};
