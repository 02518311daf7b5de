import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigReader } from '@backstage/config';
import { hostGuard } from './hostGuard';

describe('hostGuard', () => {
  const guard = hostGuard(
    new ConfigReader({
      app: { baseUrl: 'https://demo.example.com' },
      backend: { baseUrl: 'http://localhost:7007' },
    }),
  );
  const server = createServer((incoming, response) =>
    guard(incoming, response, () => response.end('the portal')),
  );
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  const statusFor = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      request({ host: '127.0.0.1', port, headers: { host } }, response => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });

  it.each([
    'localhost:7007',
    '127.0.0.1:7007',
    '[::1]:7007',
    'demo.example.com',
  ])('lets %s in', async host => {
    expect(await statusFor(host)).toBe(200);
  });

  it.each([
    'rebinding.example.org:7007',
    'localhost.example.org',
    'demo.example.com.example.org',
    '127.0.0.1.nip.example',
    'localhost@example.org',
    'a b',
  ])('keeps %s out', async host => {
    expect(await statusFor(host)).toBe(421);
  });
});
