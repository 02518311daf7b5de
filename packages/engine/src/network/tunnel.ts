import { isIPv6, type Socket } from 'node:net';
import { packages } from '../async/packages';
import { raceAbort } from '../async/raceAbort';
import type { Proxy } from './proxies';
import { ProxyError } from './ProxyError';

const LATE = { code: 'ETIMEDOUT', message: 'it gave no answer in time' };

/**
 * Opens a way through a proxy (CONNECT), over which its user speaks TLS with the host behind it.
 *
 * @param timeoutMs - for the way to the proxy and for its answer together, in real time as every connection
 * @throws ProxyError where the proxy cannot be reached or opens none
 */
export async function openTunnel(
  proxy: Proxy,
  { host, port }: { host: string; port: number },
  timeoutMs: number,
): Promise<Socket> {
  const target = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const trouble = { host: proxy.host, setting: proxy.setting, target };
  const limit = AbortSignal.timeout(timeoutMs);
  const client = new packages.undici.Client(proxy.url, {
    // Ends what the limit has left behind; alone it would be late by up to a second.
    connect: { timeout: timeoutMs },
    headersTimeout: 0,
  });
  try {
    const { statusCode, socket } = await raceAbort(
      client.connect({
        path: target,
        headers: {
          host: target,
          ...(proxy.authorization
            ? { 'proxy-authorization': proxy.authorization }
            : {}),
        },
      }),
      limit,
    );
    if (statusCode >= 200 && statusCode < 300) return socket as Socket;
    socket.on('error', () => {}).destroy();
    throw new ProxyError({ ...trouble, status: statusCode });
  } catch (error) {
    if (error instanceof ProxyError) throw error;
    throw new ProxyError(trouble, limit.aborted ? LATE : error);
  } finally {
    // A tunnel is no part of it any more.
    client.destroy().catch(() => undefined);
  }
}
