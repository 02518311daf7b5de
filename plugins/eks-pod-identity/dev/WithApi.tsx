import { ApiProvider } from '@backstage/core-app-api';
import { useApiHolder, type ApiHolder } from '@backstage/frontend-plugin-api';
import type { PodIdentityApi } from 'backstage-plugin-eks-pod-identity-common';
import { useMemo, type ReactNode } from 'react';
import { podIdentityApiRef } from '../src/api';

/** The app’s APIs, with this client instead of the plugin’s. */
export function WithApi({
  client,
  children,
}: {
  client: PodIdentityApi;
  children: ReactNode;
}) {
  const outer = useApiHolder();
  const apis = useMemo(
    (): ApiHolder => ({
      get: ref =>
        ref.id === podIdentityApiRef.id ? (client as any) : outer.get(ref),
    }),
    [client, outer],
  );
  return <ApiProvider apis={apis}>{children}</ApiProvider>;
}
