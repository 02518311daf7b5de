import { ConfigReader } from '@backstage/config';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import { letPortalPass, type Sandbox } from 'eks-sandbox';
import type { Clock } from '../../async/clock';
import { partitionOfRegion } from '../../aws/partition';
import { portal } from '../../clusters/__testUtils__/portal';
import { readEngineConfig } from '../../clusters/config';
import type { Clusters, EngineConfig } from '../../clusters/types';
import type { Lifecycle } from '../../operationContext';
import { createVerification } from '../../verification/run/createVerification';
import type { Verification } from '../../verification/run/verification';
import { createLifecycle } from '..';

/** One portal of several that share the sandbox's accounts. */
export interface PortalOptions {
  /** Entries of `eksPodIdentity.clusters`; default payments-prod. */
  clusters?: Array<Record<string, unknown>>;
  /** Further keys of `eksPodIdentity`. */
  section?: Record<string, unknown>;
  roleNaming?: PodIdentityRoleNaming;
  /** Of its calls; its runs go by the sandbox's. */
  clock?: Clock;
  /** Whose keys it uses; default: its own user with the three roles. */
  as?: 'portal' | 'admin';
}

export const BOUNDARY =
  'arn:aws:iam::111122223333:policy/backstage-workload-boundary';

/** An engine, as a portal with this app-config has it. */
export interface Portal {
  config: EngineConfig;
  clusters: Clusters;
  lifecycle: Lifecycle;
  verification: Verification;
}

/** Builds a portal that reaches the sandbox over the wire. */
export function lifecyclePortal(
  sandbox: Sandbox,
  name: string,
  options: PortalOptions = {},
): Portal {
  const { credentials } = sandbox;
  const { as = 'portal' } = options;
  const partition = partitionOfRegion(sandbox.region);
  const boundary = BOUNDARY.replace('arn:aws:', `arn:${partition}:`);
  const { accessKeyId, secretAccessKey } =
    as === 'portal' ? credentials.backstage : credentials.admin;
  const clusters = (options.clusters ?? [{ name: 'payments-prod' }]).map(
    entry => ({
      region: sandbox.region,
      accountId: sandbox.accountId,
      ...(as === 'portal' ? { roles: credentials.roles } : {}),
      allow: { installAgent: true, createNamespace: true },
      ...entry,
    }),
  );
  const section = {
    portalId: `${name}.example.com`,
    pacing: {
      eksPerSecond: 100_000,
      iamPerSecond: 100_000,
      burst: 100_000,
      replicas: 1,
    },
    role: { path: '/backstage/', permissionsBoundaryArn: boundary },
    ...options.section,
    guardrails: {
      permissionsBoundaryArn: boundary,
      tags: { allow: ['tier', 'story'] },
      inlinePolicies: true,
      managedPolicies: {
        allow: ['S3', 'DynamoDB', 'SQS', 'SNS'].map(
          service =>
            `arn:${partition}:iam::aws:policy/Amazon${service}ReadOnlyAccess`,
        ),
      },
      ...(options.section?.guardrails as object),
    },
  };
  // Roles that may be adopted may also be passed, as the documentation asks
  const { adopt = [] } = ((section.guardrails as Record<string, unknown>)
    .roles ?? {}) as { adopt?: string[] };
  if (adopt.length > 0) {
    letPortalPass(sandbox.aws, credentials, adopt);
  }
  // Tokens and credentials follow the wall clock; only the engine's waiting follows the simulated one.
  const reached = portal({
    sandbox,
    keys: { accessKeyId, secretAccessKey },
    clusters,
    section,
    clock: options.clock,
  });
  const verification = createVerification();
  return {
    clusters: reached.clusters,
    config: readEngineConfig(
      new ConfigReader({
        app: { baseUrl: 'https://portal.example.com' },
        eksPodIdentity: { ...section, clusters },
      } as any),
    ),
    verification,
    lifecycle: createLifecycle({
      verification,
      roleNaming: options.roleNaming,
    }),
  };
}
