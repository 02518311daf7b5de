import { createApiRef } from '@backstage/frontend-plugin-api';
import type { PodIdentityApi } from 'backstage-plugin-eks-pod-identity-common';

/** The suite’s HTTP API; replace it to restyle the pages on fixtures. @public */
export const podIdentityApiRef = createApiRef<PodIdentityApi>().with({
  id: 'plugin.eks-pod-identity.client',
  pluginId: 'eks-pod-identity',
});
