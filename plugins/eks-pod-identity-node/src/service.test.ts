import {
  BackstageCredentials,
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
  TestBackend,
} from '@backstage/backend-test-utils';
import { PodIdentityApi } from 'backstage-plugin-eks-pod-identity-common';
import { DefaultPodIdentityService, podIdentityServiceRef } from './service';

const at = '2026-01-01T00:00:00.000Z';

const operation = (initiator: string) => ({
  id: 'op1',
  kind: 'verify',
  ref: { cluster: 'c', namespace: 'n', serviceAccount: 's' },
  state: 'running',
  initiator,
  createdAt: at,
  updatedAt: at,
  lastSeq: 2,
});

const frame = (seq: number, state: string) =>
  `id: ${seq}\ndata: ${JSON.stringify({
    seq,
    at,
    type: 'state',
    data: { state },
  })}\n\n`;

describe('podIdentityServiceRef', () => {
  let backend: TestBackend;
  let createClient: (credentials: BackstageCredentials) => PodIdentityApi;
  let requests: { url: string; method: string; caller: string }[];

  beforeAll(async () => {
    // The engine itself is not under test: this one tells who called it.
    const engine = createBackendPlugin({
      pluginId: 'eks-pod-identity',
      register(env) {
        env.registerInit({
          deps: {
            httpAuth: coreServices.httpAuth,
            httpRouter: coreServices.httpRouter,
          },
          async init({ httpAuth, httpRouter }) {
            httpRouter.use((req, res, next) => {
              httpAuth
                .credentials(req, { allow: ['user', 'service'] })
                .then(({ principal }) => {
                  const caller =
                    principal.type === 'user'
                      ? principal.userEntityRef
                      : principal.subject;
                  requests.push({ url: req.url, method: req.method, caller });
                  if (!req.url.includes('/events')) {
                    res.json(operation(caller));
                    return;
                  }
                  res.setHeader('content-type', 'text/event-stream');
                  if (req.url.endsWith('after=0')) {
                    res.write(frame(1, 'running'), () => res.destroy());
                  } else {
                    res.end(frame(2, 'succeeded'));
                  }
                })
                .catch(next);
            });
          },
        });
      },
    });
    const consumer = createBackendPlugin({
      pluginId: 'consumer',
      register(env) {
        env.registerInit({
          deps: { podIdentity: podIdentityServiceRef },
          async init({ podIdentity }) {
            createClient = credentials =>
              podIdentity.createClient({ credentials });
          },
        });
      },
    });
    backend = await startTestBackend({ features: [engine, consumer] });
  });

  beforeEach(() => {
    requests = [];
  });

  afterAll(() => backend.stop());

  it('acts on behalf of a user', async () => {
    const client = createClient(mockCredentials.user('user:default/ada'));
    const started = await client.startOperation({
      kind: 'verify',
      input: { clusterName: 'c', namespace: 'n', serviceAccount: 's' },
    });
    expect(started.initiator).toBe('user:default/ada');
    await client.cancelOperation('op1');
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /v1/operations',
      'DELETE /v1/operations/op1',
    ]);
  });

  it('acts for a service as the plugin itself', async () => {
    const client = createClient(mockCredentials.service('plugin:consumer'));
    expect((await client.getOperation('op1')).initiator).toBe(
      'plugin:consumer',
    );
  });

  it('resumes a dropped stream with a fresh token, whatever token a call names', async () => {
    const client = createClient(mockCredentials.user('user:default/ada'));
    const seqs: number[] = [];
    for await (const event of client.followOperation('op1', {
      intervalMs: 1,
      token: 'stale',
    })) {
      seqs.push(event.seq);
    }
    expect(seqs).toEqual([1, 2]);
    expect(requests.map(request => request.url)).toEqual([
      '/v1/operations/op1/events?after=0',
      '/v1/operations/op1/events?after=1',
    ]);
    expect(requests.map(({ caller }) => caller)).toEqual([
      'user:default/ada',
      'user:default/ada',
    ]);
  });

  it('asks for a fresh token before every request', async () => {
    let issued = 0;
    const tokens: string[] = [];
    const service = DefaultPodIdentityService.create({
      auth: mockServices.auth.mock({
        getPluginRequestToken: async ({ targetPluginId }) => {
          issued += 1;
          return { token: `${targetPluginId}-${issued}` };
        },
      }),
      discovery: mockServices.discovery.mock({
        getBaseUrl: async pluginId => `http://backend/api/${pluginId}`,
      }),
      fetch: async (_url, init) => {
        tokens.push(new Headers(init?.headers).get('authorization')!);
        return Response.json(operation('user:default/ada'));
      },
    });
    const client = service.createClient({
      credentials: mockCredentials.user(),
    });
    await client.getOperation('op1');
    await client.getOperation('op1');
    expect(tokens).toEqual([
      'Bearer eks-pod-identity-1',
      'Bearer eks-pod-identity-2',
    ]);
  });
});
