import { PATIENCE_MS } from 'eks-sandbox/patience';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../async/clock';
import { TestProxy, useProxies } from '../network/__testUtils__/TestProxy';
import { PROGRAM } from '../text/voice';
import { json, ScriptedServer } from './__testUtils__/scriptedServer';
import { createKubernetesApi } from './api';
import { toKubernetesBackstageError } from './errors';
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

  it('goes by the proxy of the cluster, as kubectl does whatever the environment says', async () => {
    const server = await ScriptedServer.start();
    server.handler = (_, response) => json(response, 200, { items: [] });
    const proxy = await TestProxy.start();
    const restore = useProxies({
      HTTPS_PROXY: 'http://proxy.invalid:3128',
      NO_PROXY: '*',
    });
    const file = written(
      {
        server: `https://127.0.0.1:${server.port}`,
        'certificate-authority-data': Buffer.from(server.ca).toString('base64'),
        'proxy-url': `http://ada:geheim@${proxy.host}`,
      },
      { token: 'abc' },
    );
    const open = async () =>
      createKubernetesApi({
        ...(await kubeconfigAccess({ file })),
        clock: systemClock,
        requestTimeoutMs: PATIENCE_MS,
        connectTimeoutMs: PATIENCE_MS,
        retryPauseMs: 10,
      });
    const api = await open();
    try {
      for (let times = 0; times < 4; times++) {
        expect(await api.listNodes()).toEqual([]);
      }
      expect(new Set(proxy.asked)).toEqual(
        new Set([`127.0.0.1:${server.port}`]),
      );
      // Kept, as without a proxy
      expect(proxy.asked.length).toBeLessThan(4);
      expect(server.seen[0].authorization).toBe('Bearer abc');
      proxy.refusal = 403;
      const other = await open();
      const refused = await other.listNodes().catch(error => error);
      await other.close();
      const { message } = toKubernetesBackstageError(refused, {
        doing: 'list nodes',
        cluster: { id: 'c', voice: PROGRAM },
      });
      expect(message).toMatch(
        /\(403\)\. Have the proxy allow \S+; if 127\.0\.0\.1 is reached without the proxy, take proxy-url out of the kubeconfig\.$/,
      );
      expect(message).not.toContain('geheim');
    } finally {
      restore();
      await api.close();
      await proxy.stop();
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
    [
      { server: 'https://a' },
      { context: '' },
      'The kubeconfig has no current context: choose one with --context. It has here.',
    ],
  ])('refuses %j %j', async (cluster, choice, words) => {
    const file = written(cluster, { token: 'abc' });
    await expect(kubeconfigAccess({ file, ...choice })).rejects.toThrow(words);
  });
});
