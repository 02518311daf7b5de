import { authServiceFactory } from '@backstage/backend-defaults/auth';
import { httpAuthServiceFactory } from '@backstage/backend-defaults/httpAuth';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
// This test includes the real backend
// eslint-disable-next-line @backstage/no-mixed-plugin-imports
import podIdentityPlugin from 'backstage-plugin-eks-pod-identity-backend';
import { keptLogs } from './__testUtils__/keptLogs';
import { findLeaks, type Places } from './__testUtils__/leaks';
import { watchedDatabases } from './__testUtils__/watched';

const token = 'external-token-of-the-build-7Hq2vX9mLw4R';

it('keeps the token of an external service out of logs, tables and answers', async () => {
  const logs = keptLogs();
  const databases = watchedDatabases();
  const backend = await startTestBackend({
    features: [
      podIdentityPlugin,
      // In place of those of tests, which take any caller
      authServiceFactory,
      httpAuthServiceFactory,
      logs.feature,
      databases.feature,
      mockServices.scheduler.factory({ skipTaskRunOnStartup: true }),
      catalogServiceMock.factory(),
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: 'http://portal.example.com' },
          backend: {
            auth: {
              externalAccess: [
                { type: 'static', options: { token, subject: 'build' } },
              ],
            },
          },
        },
      }),
    ],
  });
  const url = `http://localhost:${backend.server.port()}/api/eks-pod-identity/v1`;
  const answers: string[] = [];
  const ask = async (path: string, bearer: string, body?: object) => {
    const answer = await fetch(`${url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': 'application/json',
      },
      body: body && JSON.stringify(body),
    });
    answers.push(await answer.text());
    return answer.status;
  };
  const verify = {
    kind: 'verify',
    input: {
      clusterName: 'nowhere',
      namespace: 'payments',
      serviceAccount: 'api',
    },
  };
  expect(await ask('/clusters', token)).toBe(200);
  expect(await ask('/clusters', `${token}x`)).toBe(401);
  expect(await ask('/operations', token, verify)).toBe(404);
  const places: Places = new Map(await databases.dump());
  places.set('logs', logs.lines.map(({ text }) => text).join('\n'));
  places.set('answers', answers.join('\n'));
  await backend.stop();
  // The audit event of the refused verification says who asked
  expect(places.get('logs')).toContain("actorId: 'build'");
  expect(findLeaks([{ kind: 'external token', value: token }], places)).toEqual(
    [],
  );
});
