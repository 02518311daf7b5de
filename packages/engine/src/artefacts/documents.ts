import {
  changingPolicy,
  evidencePolicy,
  installingPolicy,
  lookPolicy,
  movingPolicy,
  optionalPolicy,
  readingPolicy,
  trustOfRoles,
  type RightsPlace,
  type RightsPolicy,
} from '../aws/portalRights';
import { boundaryPolicy } from '../aws/workloadBoundary';

/** What an artefact writes where an account has its own names. */
export interface Placeholders extends RightsPlace {
  principalArn: string;
  portalRolesPrefix: string;
}

/** Of the boundary, where the account's workloads use data that it does not name. */
export const moreDataPolicy = (actions: string): RightsPolicy => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'MoreDataOfWorkloads',
      Effect: 'Allow',
      Action: actions,
      Resource: '*',
    },
  ],
});

/** The policy documents of a setup, with the placeholders of one kind of artefact. */
export function documents(place: Placeholders) {
  return {
    trust: trustOfRoles(place.principalArn),
    boundary: boundaryPolicy(place),
    reading: readingPolicy(place),
    look: lookPolicy(place),
    optional: optionalPolicy(place),
    evidence: evidencePolicy(),
    changing: changingPolicy(place),
    installing: installingPolicy(place),
    moving: movingPolicy(place),
  };
}
