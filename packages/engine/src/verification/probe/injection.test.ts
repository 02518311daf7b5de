import type { V1Container, V1Pod } from '../../kubernetes/objects';
import { injectionOf } from './injection';

const volume = {
  name: 'eks-pod-identity-token',
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
};
const PATH = '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount';
const env = [
  {
    name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    value: 'http://169.254.170.23/v1/credentials',
  },
  {
    name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    value: `${PATH}/eks-pod-identity-token`,
  },
];
const mounts = [{ name: 'eks-pod-identity-token', mountPath: PATH }];

function only(container: Partial<V1Container>, volumes: unknown[] = [volume]) {
  return injectionOf({
    spec: { containers: [{ name: 'c', ...container }], volumes },
  } as unknown as V1Pod)[0];
}

describe('what the webhook did', () => {
  it('sees an injected container, on IPv6 too', () => {
    expect(only({ env, volumeMounts: mounts })).toMatchObject({
      injected: true,
      missing: [],
      carried: [],
    });
    expect(
      only({
        env: [
          { ...env[0], value: 'http://[fd00:ec2::23]/v1/credentials' },
          env[1],
        ],
        volumeMounts: mounts,
      }).injected,
    ).toBe(true);
  });

  it.each<[string, any]>([
    ['everything', {}],
    ['the volume', { env }],
    ['a variable', { env: env.slice(0, 1), volumeMounts: mounts }],
  ])('sees that %s is missing', (_what, container) => {
    const fact = only(container);
    expect(fact.injected).toBe(false);
    expect(fact.missing.length).toBeGreaterThan(0);
  });

  it('does not mistake a volume for another audience for the token', () => {
    const other = {
      ...volume,
      projected: {
        sources: [{ serviceAccountToken: { audience: 'sts.amazonaws.com' } }],
      },
    };
    expect(only({ env, volumeMounts: mounts }, [other]).injected).toBe(false);
  });

  it('finds the container’s own credentials, as ECS-style sidecars provide them', () => {
    expect(
      only({
        env: [
          { name: env[0].name, value: 'http://127.0.0.1:9911/creds' },
          env[1],
        ],
        volumeMounts: mounts,
      }),
    ).toMatchObject({
      injected: false,
      foreignCredentialsUri: 'http://127.0.0.1:9911/creds',
    });
  });
});
