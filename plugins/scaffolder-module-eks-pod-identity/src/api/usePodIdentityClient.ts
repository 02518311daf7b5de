import {
  discoveryApiRef,
  fetchApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import { useMemo } from 'react';

/** A separate client, so that the fields work without the plugin with the card. */
export function usePodIdentityClient(): PodIdentityClient {
  const discoveryApi = useApi(discoveryApiRef);
  const fetchApi = useApi(fetchApiRef);
  return useMemo(
    () => new PodIdentityClient({ discoveryApi, fetchApi }),
    [discoveryApi, fetchApi],
  );
}
