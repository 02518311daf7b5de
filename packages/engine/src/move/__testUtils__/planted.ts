import { NAME, NAMESPACE } from './MoveWorld';

/** A Deployment whose author wrote what the webhook of Pod Identity gives to pods. */
export const PLANTED = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'planted', namespace: NAMESPACE },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'planted' } },
    template: {
      metadata: { labels: { app: 'planted' } },
      spec: {
        serviceAccountName: NAME,
        containers: [
          {
            name: 'app',
            image: 'registry.example.com/app',
            env: [
              {
                name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
                value: 'http://169.254.170.23/v1/credentials',
              },
              {
                name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
                value: '/var/run/planted/token',
              },
            ],
            volumeMounts: [{ name: 'planted', mountPath: '/var/run/planted' }],
          },
        ],
        volumes: [
          {
            name: 'planted',
            projected: {
              sources: [
                {
                  serviceAccountToken: {
                    audience: 'pods.eks.amazonaws.com',
                    path: 'token',
                    expirationSeconds: 86_400,
                  },
                },
              ],
            },
          },
        ],
      },
    },
  },
};
