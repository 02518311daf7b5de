import type { V1Pod } from '../../../kubernetes/objects';

const PATH = '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount';

/** A pod as the webhook changes it. */
export function injected(body: V1Pod): V1Pod {
  const [container] = body.spec!.containers;
  return {
    ...body,
    spec: {
      ...body.spec!,
      containers: [
        {
          ...container,
          env: [
            ...(container.env ?? []),
            {
              name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
              value: 'http://169.254.170.23/v1/credentials',
            },
            {
              name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
              value: `${PATH}/eks-pod-identity-token`,
            },
          ],
          volumeMounts: [
            ...(container.volumeMounts ?? []),
            { name: 't', mountPath: PATH },
          ],
        },
      ],
      volumes: [
        {
          name: 't',
          projected: {
            sources: [
              {
                serviceAccountToken: {
                  audience: 'pods.eks.amazonaws.com',
                  path: 'eks-pod-identity-token',
                },
              },
            ],
          },
        },
      ],
    },
  };
}

/** What an API server makes of a pod that it admits, or why it admits none; `attempt` counts from 1. */
export type ApiServer = (pod: V1Pod, attempt: number) => V1Pod | Error;

/** What the gate asks of a Kubernetes API whose API servers answer so. */
export function apiServers(servers: readonly ApiServer[]) {
  const attempts = servers.map(() => 0);
  return {
    addresses: async () => servers.map((_, index) => `10.0.0.${index}`),
    async dryRunPod(_: string, pod: V1Pod, { address }: { address?: string }) {
      // By a proxy, which has no address, to the first
      const index = Number(address?.split('.').pop() ?? 0);
      attempts[index] += 1;
      const answer = servers[index](pod, attempts[index]);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}
