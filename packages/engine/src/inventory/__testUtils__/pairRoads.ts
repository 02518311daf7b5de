import type {
  AccessRoad,
  AccessVerdict,
} from 'backstage-plugin-eks-pod-identity-common';
import type { RunInput } from './AccessWorld';
import type { Shape } from './trustShapes';

/** By what pods get to AWS that have a role, too, and what becomes of it when a person associates the service account. */
interface Road {
  roads: AccessRoad[];
  verdict(shape: Shape): AccessVerdict;
  run(role: string): RunInput;
  /** Whose keys the pods hold before and after; absent where they move. */
  keeps?: 'environment' | 'irsa';
}

const ofTrust = ({ verdict }: Shape) => verdict;

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' };
const DIRECTORY = '/var/run/secrets/eks.amazonaws.com/serviceaccount';
const app = { name: 'app', image: 'registry.example.com/app' };

/** Holds access keys, which no look reads. */
export const SECRET = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'aws-keys', namespace: 'shop' },
  stringData: KEYS,
};

export const ROADS: Record<string, Road> = {
  irsa: { roads: ['irsa'], verdict: ofTrust, run: role => ({ role }) },
  kube2iam: {
    roads: ['irsa', 'kube2iam'],
    verdict: ofTrust,
    run: role => ({
      role,
      podAnnotations: { 'iam.amazonaws.com/role': 'legacy-role' },
    }),
  },
  'irsa-by-hand': {
    roads: ['irsa-by-hand'],
    verdict: () => 'no-move',
    keeps: 'irsa',
    run: role => ({
      spec: {
        volumes: [
          {
            name: 'aws-iam-token',
            projected: {
              sources: [
                {
                  serviceAccountToken: {
                    path: 'token',
                    audience: 'sts.amazonaws.com',
                    expirationSeconds: 86_400,
                  },
                },
              ],
            },
          },
        ],
        containers: [
          {
            ...app,
            env: [
              { name: 'AWS_ROLE_ARN', value: role },
              {
                name: 'AWS_WEB_IDENTITY_TOKEN_FILE',
                value: `${DIRECTORY}/token`,
              },
            ],
            volumeMounts: [{ name: 'aws-iam-token', mountPath: DIRECTORY }],
          },
        ],
      },
    }),
  },
  'static-keys': {
    roads: ['static-keys', 'irsa'],
    verdict: () => 'no-move',
    keeps: 'environment',
    run: role => ({ role, env: KEYS }),
  },
  secret: {
    roads: ['irsa', 'secret'],
    // No program was seen to ask by IRSA: it may use keys, and what it takes to move is not known
    verdict: ({ verdict, needsStatement }) =>
      needsStatement || ['ready', 'broken'].includes(verdict)
        ? 'unknown'
        : verdict,
    keeps: 'environment',
    run: role => ({
      role,
      spec: {
        containers: [
          { ...app, envFrom: [{ secretRef: { name: 'aws-keys' } }] },
        ],
      },
    }),
  },
};
