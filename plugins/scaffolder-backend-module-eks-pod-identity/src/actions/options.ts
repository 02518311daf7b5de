import type { DiscoveryService } from '@backstage/backend-plugin-api';
import type { PodIdentityService } from 'backstage-plugin-eks-pod-identity-node';

/** What the actions need. @public */
export interface PodIdentityActionOptions {
  podIdentity: PodIdentityService;
  /** For the address of a stored report. */
  discovery: DiscoveryService;
  /** `app.baseUrl`: links below it stay inside the app. */
  appUrl?: string;
}
