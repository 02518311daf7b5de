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
} from '../aws/portalRights';
import { boundaryPolicy } from '../aws/workloadBoundary';

/** What an artefact writes where an account has its own names. */
export interface Placeholders extends RightsPlace {
  principalArn: string;
  portalRolesPrefix: string;
}

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
