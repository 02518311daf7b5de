import { request } from 'node:https';
import { bearerToken, Keys, TestCluster } from './testCluster';

export interface WireAnswer {
  status: number;
  body: any;
  headers: Record<string, string | string[] | undefined>;
}

export interface WireOptions {
  body?: unknown;
  contentType?: string;
  accept?: string;
  userAgent?: string;
  headers?: Record<string, string>;
  /** A bearer token to send instead of one from the caller's keys; null sends none. */
  token?: string | null;
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(
    typeof body === 'string' ? body : JSON.stringify(body) ?? '',
  );
}

/** Sends raw requests, each on a new connection, and returns uninterpreted responses. */
export function wire(
  cluster: Pick<TestCluster, 'handle' | 'key' | 'credentials'>,
  keys: Keys = cluster.credentials.admin,
) {
  const { hostname, port } = new URL(cluster.handle.endpoint);
  let cached: Promise<string> | undefined;
  const call = async (
    method: string,
    path: string,
    options: WireOptions = {},
  ): Promise<WireAnswer> => {
    cached ??= bearerToken(keys, cluster.key.name);
    const token = options.token === undefined ? await cached : options.token;
    const bytes = bytesOf(options.body);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          hostname,
          port,
          path,
          method,
          ca: cluster.handle.caCertificate,
          agent: false,
          headers: {
            ...(token !== null && { authorization: `Bearer ${token}` }),
            ...options.headers,
            accept: options.accept ?? 'application/json',
            ...(options.userAgent && { 'user-agent': options.userAgent }),
            ...(options.body !== undefined && {
              'content-type': options.contentType ?? 'application/json',
              'content-length': bytes.length,
            }),
          },
        },
        response => {
          const chunks: Buffer[] = [];
          response.on('error', reject);
          response.on('data', chunk => chunks.push(chunk));
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            let body: any = text;
            try {
              body = JSON.parse(text);
            } catch {
              // Not everything is JSON.
            }
            resolve({
              status: response.statusCode ?? 0,
              body,
              headers: response.headers,
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(bytes);
    });
  };
  return {
    call,
    get: (path: string, options?: WireOptions) => call('GET', path, options),
    post: (path: string, body: unknown, options?: WireOptions) =>
      call('POST', path, { ...options, body }),
    put: (path: string, body: unknown, options?: WireOptions) =>
      call('PUT', path, { ...options, body }),
    patch: (
      path: string,
      body: unknown,
      contentType: string,
      options?: WireOptions,
    ) => call('PATCH', path, { ...options, body, contentType }),
    delete: (path: string, body?: unknown, options?: WireOptions) =>
      call('DELETE', path, { ...options, body }),
  };
}

/** The smallest pod that passes validation. */
export const pod = (
  name: string,
  more: { metadata?: object; spec?: Record<string, any> } = {},
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...more.metadata },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'amazon/aws-cli:2.23.6',
        command: ['sleep', '3600'],
      },
    ],
    ...more.spec,
  },
});
