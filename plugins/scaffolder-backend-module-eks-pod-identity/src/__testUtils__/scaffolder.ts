import {
  BackendFeature,
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import scaffolderPlugin from '@backstage/plugin-scaffolder-backend';
import type { JsonObject } from '@backstage/types';
import podIdentityActionsModule from '../index';
import { watchedDatabases } from './watched';

/** A finished task, as its user sees it. */
interface FinishedTask {
  id: string;
  status: string;
  /** Log lines of one step, or of all of them. */
  log(stepId?: string): string[];
  output: { links?: JsonObject[]; text?: { title: string; content: string }[] };
  /** Shown on the page of a failed task. */
  error?: { name: string; message: string };
}

/** A real scaffolder over HTTP. */
export interface TestScaffolder {
  url: string;
  start(
    templateRef: string,
    values: JsonObject,
    user?: string,
  ): Promise<string>;
  cancel(taskId: string, user?: string): Promise<void>;
  retry(taskId: string, user?: string): Promise<void>;
  finish(taskId: string, user?: string): Promise<FinishedTask>;
  run(
    templateRef: string,
    values: JsonObject,
    user?: string,
  ): Promise<FinishedTask>;
  dryRun(
    template: Entity,
    values: JsonObject,
    user?: string,
    /** Files beside the template, by path. */
    files?: Record<string, string>,
  ): Promise<{
    log: string[];
    output: FinishedTask['output'];
    files: Record<string, string>;
  }>;
  stop(): Promise<void>;
}

/** The scaffolder colours its log levels. */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');

/** A template made of steps, such as those of an action's examples. */
export function templateOf(
  name: string,
  parts: { steps: JsonObject[]; output?: JsonObject },
): Entity {
  return {
    apiVersion: 'scaffolder.backstage.io/v1beta3',
    kind: 'Template',
    metadata: {
      name,
      namespace: 'default',
      annotations: {
        'backstage.io/managed-by-location':
          'url:https://example.com/template.yaml',
      },
    },
    spec: { type: 'service', parameters: [], ...parts },
  };
}

/** As real backends do: the token of a plugin that acts for a user says which plugin it is. */
const authWithActors = createServiceFactory({
  service: coreServices.auth,
  deps: { plugin: coreServices.pluginMetadata },
  factory: ({ plugin }) => {
    const auth = mockServices.auth({
      pluginId: plugin.getId(),
      disableDefaultAuthPolicy: false,
    });
    const issue = auth.getPluginRequestToken.bind(auth);
    auth.getPluginRequestToken = async options => {
      const { onBehalfOf } = options;
      if (!auth.isPrincipal(onBehalfOf, 'user')) return issue(options);
      const actor = { subject: `plugin:${plugin.getId()}` };
      const { userEntityRef } = onBehalfOf.principal;
      return { token: mockCredentials.user.token(userEntityRef, { actor }) };
    };
    return auth;
  },
});

/** Starts the real scaffolder with the module under test; `entities` contains users and components. */
export async function startScaffolder(options: {
  entities: Entity[];
  features?: BackendFeature[];
  config?: JsonObject;
  databases?: ReturnType<typeof watchedDatabases>;
}): Promise<TestScaffolder> {
  const { feature: databases } = options.databases ?? watchedDatabases();
  // All test backends of a process share the usual one: a task that a closed database kept from ending would hold up the next
  const hasScheduler = options.features?.some(
    one => 'service' in one && one.service === coreServices.scheduler,
  );
  const backend = await startTestBackend({
    features: [
      scaffolderPlugin,
      podIdentityActionsModule,
      authWithActors,
      databases,
      ...(hasScheduler ? [] : [mockServices.scheduler.factory()]),
      catalogServiceMock.factory({ entities: options.entities }),
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: 'http://portal.example.com' },
          backend: { baseUrl: 'http://localhost:7007' },
          ...options.config,
        },
      }),
      ...(options.features ?? []),
    ],
  });
  const url = `http://localhost:${backend.server.port()}`;

  async function request(
    method: string,
    path: string,
    user: string | undefined,
    body?: unknown,
  ) {
    const response = await fetch(`${url}/api/scaffolder${path}`, {
      method,
      headers: {
        authorization: mockCredentials.user.header(user),
        'content-type': 'application/json',
        // A busy machine sends on a connection that the server is just closing
        connection: 'close',
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  const scaffolder: TestScaffolder = {
    url,
    async start(templateRef, values, user) {
      const { id } = await request('POST', '/v2/tasks', user, {
        templateRef,
        values,
      });
      return id;
    },
    async cancel(taskId, user) {
      await request('POST', `/v2/tasks/${taskId}/cancel`, user);
    },
    async retry(taskId, user) {
      await request('POST', `/v2/tasks/${taskId}/retry`, user);
    },
    async finish(taskId, user) {
      const read = (): Promise<Array<{ type: string; body: any }>> =>
        request('GET', `/v2/tasks/${taskId}/events`, user);
      for (;;) {
        const end = (await read()).find(({ type }) => type === 'completion');
        if (end) {
          const { status } = await request('GET', `/v2/tasks/${taskId}`, user);
          // The scaffolder waits for no line of the log to be stored before it ends a task
          const events = await read();
          return {
            id: taskId,
            status,
            log: stepId =>
              events
                .filter(
                  ({ type, body }) =>
                    type === 'log' && (!stepId || body.stepId === stepId),
                )
                .map(({ body }) => String(body.message).replace(ESCAPES, '')),
            output: end.body.output ?? {},
            error: end.body.error,
          };
        }
        await new Promise(resolve => setTimeout(resolve, 50));
      }
    },
    async run(templateRef, values, user) {
      return scaffolder.finish(
        await scaffolder.start(templateRef, values, user),
        user,
      );
    },
    async dryRun(template, values, user, files = {}) {
      const answer = await request('POST', '/v2/dry-run', user, {
        template,
        values,
        directoryContents: Object.entries(files).map(([path, content]) => ({
          path,
          base64Content: Buffer.from(content).toString('base64'),
        })),
      });
      return {
        log: answer.log.map((entry: any) =>
          String(entry.body.message).replace(ESCAPES, ''),
        ),
        output: answer.output,
        files: Object.fromEntries(
          answer.directoryContents.map((file: any) => [
            file.path,
            Buffer.from(file.base64Content, 'base64').toString(),
          ]),
        ),
      };
    },
    stop: () => backend.stop(),
  };
  return scaffolder;
}

/** A component with its owner, as processed by the catalog. */
export function component(name: string, owner: string): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name, namespace: 'default' },
    spec: { type: 'service', lifecycle: 'production', owner },
    relations: [{ type: 'ownedBy', targetRef: owner }],
  };
}

/** A user; with the mocked user info, users own only entities that name them directly. */
export function userEntity(name: string): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'User',
    metadata: { name, namespace: 'default' },
    spec: { memberOf: [] },
  };
}
