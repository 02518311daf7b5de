import { PATIENCE_MS } from 'eks-sandbox/patience';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../async/clock';
import { json, ScriptedServer } from './__testUtils__/scriptedServer';
import { createKubernetesApi } from './api';
import { kubeconfigAccess } from './kubeconfig';

describe('kubeconfigAccess', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const written = (cluster: object, user: object) => {
    const file = join(folder, 'config');
    writeFileSync(
      file,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'here',
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
      }),
    );
    return file;
  };

  it.each([
    ['a token', { token: 'abc' }],
    [
      'an exec plugin',
      {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          interactiveMode: 'Never',
          command: process.execPath,
          args: [
            '-e',
            'console.log(JSON.stringify({apiVersion:"client.authentication.k8s.io/v1",kind:"ExecCredential",status:{token:"abc"}}))',
          ],
        },
      },
    ],
  ])('asks the server of the context with %s', async (_, user) => {
    const server = await ScriptedServer.start();
    server.handler = (__, response) =>
      json(response, 200, { kind: 'NodeList', items: [] });
    const file = written(
      {
        server: `https://127.0.0.1:${server.port}`,
        'certificate-authority-data': Buffer.from(server.ca).toString('base64'),
      },
      user,
    );
    const api = createKubernetesApi({
      ...(await kubeconfigAccess({ file })),
      clock: systemClock,
      requestTimeoutMs: PATIENCE_MS,
      connectTimeoutMs: PATIENCE_MS,
      retryPauseMs: 10,
    });
    try {
      expect(await api.listNodes()).toEqual([]);
      expect(server.seen[0].authorization).toBe('Bearer abc');
    } finally {
      await api.close();
      await server.stop();
    }
  });

  it.each<[object, object, string]>([
    [
      { server: 'https://a', 'insecure-skip-tls-verify': true },
      {},
      'insecure-skip-tls-verify',
    ],
    [{ server: 'http://a' }, {}, 'only an HTTPS address can be used'],
    [
      { server: 'https://a' },
      { context: 'there' },
      'The kubeconfig has no context "there". It has here.',
    ],
  ])('refuses %j %j', async (cluster, choice, words) => {
    const file = written(cluster, { token: 'abc' });
    await expect(kubeconfigAccess({ file, ...choice })).rejects.toThrow(words);
  });
});
