import {
  discoveryApiRef,
  fetchApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import { useMemo } from 'react';

/** A client of one’s own, so that the fields work where the plugin with the card is not installed. */
export function usePodIdentityClient(): PodIdentityClient {
  const discoveryApi = useApi(discoveryApiRef);
  const fetchApi = useApi(fetchApiRef);
  return useMemo(
    () => new PodIdentityClient({ discoveryApi, fetchApi }),
    [discoveryApi, fetchApi],
  );
}
