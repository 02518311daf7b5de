import { createPodIdentityPlugin } from './createPlugin';
import { createFloors } from './floors';

/**
 * The backend plugin `eks-pod-identity`: the one room that talks to AWS and Kubernetes.
 *
 * @public
 */
export const eksPodIdentityPlugin = createPodIdentityPlugin({
  floors: createFloors,
});
