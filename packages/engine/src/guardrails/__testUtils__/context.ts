import { ConfigReader } from '@backstage/config';
import { agentInstallPermission } from 'backstage-plugin-eks-pod-identity-common';
import { readEngineConfig } from '../../clusters/config';
import type { GuardrailContext } from '../requestContext';

/** A cluster as read from app-config; `overrides` are keys of its entry, `section` are keys of eksPodIdentity. */
export function contextWith(
  overrides: Record<string, unknown> = {},
  section: Record<string, unknown> = {},
  rest: Partial<GuardrailContext> = {},
): GuardrailContext {
  const config = readEngineConfig(
    new ConfigReader({
      app: { baseUrl: 'https://portal.example.com' },
      eksPodIdentity: {
        ...section,
        clusters: [
          {
            name: 'payments',
            region: 'eu-west-1',
            accountId: '111122223333',
            ...overrides,
          },
        ],
      } as any,
    }),
  );
  return {
    cluster: config.clusters[0],
    config,
    claimant: undefined,
    granted: new Set([agentInstallPermission.name]),
    ...rest,
  };
}

/** Ada of `group:default/a`. */
export const USER = {
  claims: new Set(['user:default/ada', 'group:default/a']),
  isAdministrator: false,
};

/** An entity of the catalog. */
export const entity = (name: string, ...ownerRefs: string[]) => ({
  entityRef: `component:default/${name}`,
  uid: `uid-${name}`,
  ownerRefs,
});

export const BOUNDARY = 'arn:aws:iam::111122223333:policy/boundary';
