import { useApi } from '@backstage/frontend-plugin-api';
import { podIdentityApiRef } from '../../api';
import { useRequest } from '../../hooks/useRequest';

/** The clusters that the user may see. */
export function useClusters() {
  const api = useApi(podIdentityApiRef);
  return useRequest('clusters', signal => api.listClusters({ signal }));
}
