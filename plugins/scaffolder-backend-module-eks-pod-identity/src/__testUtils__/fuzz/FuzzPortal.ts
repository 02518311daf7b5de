import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
// These tests include the real backend
// eslint-disable-next-line @backstage/no-mixed-plugin-imports
import podIdentityPlugin from 'backstage-plugin-eks-pod-identity-backend';
import {
  type Operation,
  PodIdentityClient,
} from 'backstage-plugin-eks-pod-identity-common';
import { POD_IDENTITY_TRUST, type Sandbox, startSandbox } from 'eks-sandbox';
import { until } from 'eks-sandbox/patience';
import Ajv from 'ajv';
import { createAssociateAction } from '../../actions/createAssociateAction';
import { createMigrateAction } from '../../actions/createMigrateAction';
import { createRollbackAction } from '../../actions/createRollbackAction';
import { createTeardownAction } from '../../actions/createTeardownAction';
import { createVerifyAction } from '../../actions/createVerifyAction';
import type { Knex } from '../databases';
import { keptLogs } from '../keptLogs';
import { ANA, pointAwsAt, portalSection, SAM } from '../portal';
import { component, userEntity } from '../scaffolder';

const ajv = new Ajv({ strict: false, unicodeRegExp: false });

const CLUSTER = 'payments-prod';

/** Of a token with which the scaffolder acts for a user. */
export const BY_SCAFFOLDER = { actor: { subject: 'plugin:scaffolder' } };

type UserCredentials = ReturnType<typeof mockCredentials.user>;

/** One backend on the sandbox, the actions in front of it, and everything that fuzzing looks at. */
export class FuzzPortal {
  readonly actions;
  /** Statuses of the answers that the actions got. */
  readonly statuses: number[] = [];

  private constructor(
    readonly baseUrl: string,
    readonly sandbox: Sandbox,
    readonly logs: ReturnType<typeof keptLogs>['lines'],
    private readonly knex: Knex,
    readonly stop: () => Promise<void>,
  ) {
    const options = {
      podIdentity: {
        createClient: ({ credentials }: { credentials: object }) =>
          this.clientOf(
            (credentials as UserCredentials).principal.userEntityRef,
          ),
      },
      discovery: {
        getBaseUrl: async () => baseUrl,
        getExternalBaseUrl: async () => baseUrl,
      },
    };
    this.actions = {
      associate: createAssociateAction(options),
      verify: createVerifyAction(options),
      teardown: createTeardownAction(options),
      migrate: createMigrateAction(options),
      rollback: createRollbackAction(options),
    };
  }

  static async start(knex: Knex): Promise<FuzzPortal> {
    const sandbox = await startSandbox({ clusters: [CLUSTER] });
    const restoreEnvironment = pointAwsAt(sandbox);
    const { feature, lines } = keptLogs();
    sandbox.aws.iam.putRole({
      name: 'adoptable',
      path: '/workloads/',
      trust: POD_IDENTITY_TRUST,
      tags: { 'backstage.io/entity-ref': 'component:default/payments-api' },
    });
    const backend = await startTestBackend({
      features: [
        podIdentityPlugin,
        feature,
        mockServices.database.factory({ knex }),
        mockServices.scheduler.factory({ skipTaskRunOnStartup: true }),
        catalogServiceMock.factory({
          entities: [
            userEntity('ana'),
            userEntity('sam'),
            component('payments-api', ANA),
            component('payments-ledger', ANA),
            component('cart-api', SAM),
          ],
        }),
        mockServices.rootConfig.factory({
          data: {
            app: { baseUrl: 'http://portal.example.com' },
            eksPodIdentity: {
              ...portalSection(sandbox),
              limits: {
                identitiesPerEntity: 10_000,
                identitiesPerOwner: 10_000,
              },
            },
          },
        }),
      ],
    });
    return new FuzzPortal(
      `http://localhost:${backend.server.port()}/api/eks-pod-identity`,
      sandbox,
      lines,
      knex,
      async () => {
        await backend.stop();
        await sandbox.stop();
        restoreEnvironment();
      },
    );
  }

  /** Whether the scaffolder refuses the input before an action sees it. */
  schemaRefuses(action: keyof FuzzPortal['actions'], input: unknown): boolean {
    const { schema } = this.actions[action];
    return !ajv.validate(schema!.input as object, input);
  }

  /** As the scaffolder asks, on behalf of a user. */
  clientOf(user: string) {
    const token = mockCredentials.user.token(user, BY_SCAFFOLDER);
    return new PodIdentityClient({
      discoveryApi: { getBaseUrl: async () => this.baseUrl },
      fetchApi: {
        fetch: async (input, init) => {
          const headers = new Headers(init?.headers);
          headers.set('authorization', `Bearer ${token}`);
          const answer = await fetch(input, { ...init, headers });
          this.statuses.push(answer.status);
          return answer;
        },
      },
    });
  }

  /** Waits for the verification that the portal begins where a restart has left nothing alone. */
  async verified({ createdAt, ref, result }: Operation): Promise<void> {
    if (result?.kind !== 'restart' || result.warnings.length > 0) return;
    const { cluster, namespace, serviceAccount } = ref;
    await until(async () => {
      const done = await this.knex('operations')
        .where({ kind: 'verify', cluster, namespace })
        .andWhere({ service_account: serviceAccount })
        .andWhere('created_at', '>=', Date.parse(createdAt))
        .first('state');
      return done && !['queued', 'running'].includes(done.state);
    });
  }

  /** Calls of the portal to AWS and Kubernetes since the last time this was asked. */
  callsSince(): { all: string[]; writes: string[] } {
    const calls = this.sandbox.calls.calls().filter(call => !call.internal);
    this.sandbox.calls.reset();
    const names = (which: typeof calls) =>
      which.map(call => `${call.service}:${call.operation}`);
    return { all: names(calls), writes: names(calls.filter(c => c.write)) };
  }

  /** What a request could have touched, by a name that says whose it is. */
  world(): Map<string, string> {
    const { eks, iam } = this.sandbox.aws;
    const cluster = this.sandbox.cluster(CLUSTER);
    const things = new Map<string, unknown>();
    for (const one of eks.associations(CLUSTER)) {
      things.set(`association ${one.namespace}/${one.serviceAccount}`, one);
    }
    for (const role of iam.roles()) things.set(`role ${role.name}`, role);
    for (const { metadata } of cluster.list('serviceaccounts')) {
      const { namespace, name, annotations, labels, uid } = metadata;
      things.set(`serviceaccount ${namespace}/${name}`, {
        annotations,
        labels,
        uid,
      });
    }
    for (const { metadata } of cluster.list('namespaces')) {
      things.set(`namespace ${metadata.name}`, metadata.uid);
    }
    for (const { metadata, spec } of cluster.list('pods')) {
      things.set(`pod ${metadata.namespace}/${metadata.name}`, {
        ref: `${metadata.namespace}/${spec.serviceAccountName}`,
        uid: metadata.uid,
      });
    }
    return new Map(
      [...things].map(([name, thing]) => [name, JSON.stringify(thing)]),
    );
  }
}
