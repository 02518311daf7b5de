import type { BackendFeature } from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
// These tests include the real engine
// eslint-disable-next-line @backstage/no-mixed-plugin-imports
import podIdentityPlugin from 'backstage-plugin-eks-pod-identity-backend';
import { Sandbox, SandboxOptions, startSandbox } from 'eks-sandbox';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import {
  component,
  startScaffolder,
  TestScaffolder,
  userEntity,
} from './scaffolder';
import { readTemplate } from './templates';
import type { watchedDatabases } from './watched';

export const ANA = 'user:default/ana';
export const SAM = 'user:default/sam';

/** The sandbox, the engine and the scaffolder with the repository's templates, talking over HTTP. */
export interface TestPortal {
  sandbox: Sandbox;
  scaffolder: TestScaffolder;
  /** Counts the portal's calls to AWS and Kubernetes during `work`; the sandbox's own calls are not counted. */
  counting<T>(work: () => Promise<T>): Promise<{ result: T; calls: Calls }>;
  stop(): Promise<void>;
}

export interface Calls {
  all: number;
  aws: number;
  kubernetes: number;
  writes: string[];
}

/** No setting of the user who runs the tests may send a call anywhere but to the sandbox. */
export function pointAwsAt(sandbox: Sandbox): () => void {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) delete process.env[name];
  }
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: sandbox.awsEndpoint,
    AWS_REGION: sandbox.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_ACCESS_KEY_ID: sandbox.credentials.backstage.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.credentials.backstage.secretAccessKey,
  });
  return () => {
    for (const name of Object.keys(process.env)) {
      if (name.startsWith('AWS_')) delete process.env[name];
    }
    for (const [name, value] of Object.entries(before)) {
      if (name.startsWith('AWS_')) process.env[name] = value;
    }
  };
}

/** Short waits: the sandbox shows every change at once unless a test adds delays. */
const TIMINGS = {
  gateMinPause: 20,
  gateMaxPause: 100,
  retryPause: 50,
  probeGrace: 500, // wall time: the first try counts
  probeInterval: 500,
  requestTimeout: PATIENCE_MS,
  connectTimeout: PATIENCE_MS,
};

interface PortalOptions {
  sandbox?: SandboxOptions;
  entities?: Entity[];
  /** Clusters of app-config beside payments-prod. */
  clusters?: (sandbox: Sandbox) => JsonObject[];
  guardrails?: JsonObject;
  timings?: JsonObject;
  /** Further keys of the section. */
  section?: JsonObject;
  /** Beside the scaffolder, its actions and the real backend. */
  features?: BackendFeature[];
  databases?: ReturnType<typeof watchedDatabases>;
}

/** The section `eksPodIdentity` of a portal on the sandbox. */
export function portalSection(
  sandbox: Sandbox,
  options: Pick<
    PortalOptions,
    'clusters' | 'guardrails' | 'section' | 'timings'
  > = {},
): JsonObject {
  const { roles } = sandbox.credentials;
  const usual = {
    region: sandbox.region,
    accountId: sandbox.accountId,
    roles: { ...roles },
    allow: { installAgent: true },
  };
  return {
    portalId: 'test-portal',
    clusters: [
      { ...usual, name: 'payments-prod' },
      ...(options.clusters?.(sandbox) ?? []).map(own => ({
        ...usual,
        ...own,
      })),
    ],
    role: {
      path: '/backstage/',
      permissionsBoundaryArn: `arn:aws:iam::${sandbox.accountId}:policy/backstage-workload-boundary`,
    },
    guardrails: {
      managedPolicies: {
        allow: ['S3', 'DynamoDB', 'SQS', 'SNS'].map(
          service => `arn:aws:iam::aws:policy/Amazon${service}ReadOnlyAccess`,
        ),
      },
      ...options.guardrails,
    },
    timings: { ...TIMINGS, ...options.timings },
    pacing: {
      eksPerSecond: 1_000,
      iamPerSecond: 1_000,
      cloudTrailPerSecond: 1_000,
    },
    ...options.section,
  };
}

export async function startTestPortal(
  options: PortalOptions = {},
): Promise<TestPortal> {
  const sandbox = await startSandbox({
    clusters: ['payments-prod'],
    ...options.sandbox,
  });
  const restoreEnvironment = pointAwsAt(sandbox);
  const scaffolder = await startScaffolder({
    features: [podIdentityPlugin, ...(options.features ?? [])],
    databases: options.databases,
    entities: [
      userEntity('ana'),
      userEntity('sam'),
      component('payments-api', ANA),
      component('payments-ledger', ANA),
      component('invoice-archiver', ANA),
      component('fraud-scorer', ANA),
      component('cart-api', SAM),
      readTemplate('give-a-component-an-aws-identity'),
      readTemplate('verify-aws-identity'),
      readTemplate('remove-aws-identity'),
      readTemplate('move-a-component-from-irsa'),
      ...(options.entities ?? []),
    ],
    config: {
      eksPodIdentity: portalSection(sandbox, options),
    },
  });
  return {
    sandbox,
    scaffolder,
    async counting(work) {
      sandbox.calls.reset();
      const result = await work();
      const calls = sandbox.calls.calls().filter(call => !call.internal);
      const kubernetes = calls.filter(
        call => call.service === 'kubernetes',
      ).length;
      return {
        result,
        calls: {
          all: calls.length,
          kubernetes,
          aws: calls.length - kubernetes,
          writes: calls
            .filter(call => call.write)
            .map(call => `${call.service}:${call.operation}`),
        },
      };
    },
    async stop() {
      await scaffolder.stop();
      await sandbox.stop();
      restoreEnvironment();
    },
  };
}
