import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Sandbox } from 'eks-sandbox';
// The one scripted server of all tests: no part of the published package.
/* eslint-disable @backstage/no-relative-monorepo-imports */
import {
  json,
  ScriptedServer,
  type SeenRequest,
} from '../../../engine/src/kubernetes/__testUtils__/scriptedServer';
/* eslint-enable @backstage/no-relative-monorepo-imports */

/** What a test puts instead of an answer; undefined leaves the answer of the sandbox. */
export interface Instead {
  status: number;
  body: object;
}

/**
 * Stands before the Kubernetes API of a cluster of the sandbox and before AWS, and answers some requests as a test
 * likes: what a cluster, a webhook or a proxy writes is not for the sandbox to limit.
 */
export class HostileFront {
  kubernetes: (asked: SeenRequest) => Instead | undefined = () => undefined;
  /** Changes a pod that is created, in the answer alone. */
  created: (pod: any) => void = () => {};
  aws: (method: string, path: string) => Instead | undefined = () => undefined;

  private constructor(
    private readonly api: ScriptedServer,
    private readonly front: http.Server,
  ) {}

  static async start(sandbox: Sandbox, cluster: string): Promise<HostileFront> {
    const { endpoint, certificateAuthorityData } = sandbox
      .connections()
      .find(({ name }) => name === cluster)!;
    const ca = Buffer.from(certificateAuthorityData, 'base64').toString();
    const api = await ScriptedServer.start();
    const front = http.createServer();
    const hostile = new HostileFront(api, front);
    api.handler = (asked, response) => {
      const instead = hostile.kubernetes(asked);
      if (instead) {
        json(response, instead.status, instead.body);
        return;
      }
      const { method, path, query, authorization, contentType } = asked;
      https
        .request(
          `${endpoint}${path}?${query}`,
          {
            method,
            ca,
            headers: {
              authorization,
              ...(contentType ? { 'content-type': contentType } : {}),
            },
          },
          async answer => {
            const isPod = method === 'POST' && path.endsWith('/pods');
            if (!isPod) {
              response.writeHead(answer.statusCode!, answer.headers);
              answer.pipe(response);
              return;
            }
            let text = '';
            for await (const chunk of answer) text += chunk;
            const pod = JSON.parse(text);
            hostile.created(pod);
            json(response, answer.statusCode!, pod);
          },
        )
        .end(asked.body);
    };
    front.on('request', (request, response) => {
      const { method = '', url: path = '', headers } = request;
      const instead = hostile.aws(method, path);
      if (instead) {
        json(response, instead.status, instead.body);
        return;
      }
      const { hostname, port } = new URL(sandbox.awsEndpoint);
      request.pipe(
        http.request(
          { hostname, port, method, path, headers },
          async answer => {
            let text = '';
            for await (const chunk of answer) text += chunk;
            const body = text
              .replaceAll(endpoint, `https://127.0.0.1:${api.port}`)
              .replaceAll(
                certificateAuthorityData,
                Buffer.from(api.ca).toString('base64'),
              );
            response.writeHead(answer.statusCode!, {
              ...answer.headers,
              'content-length': Buffer.byteLength(body),
            });
            response.end(body);
          },
        ),
      );
    });
    await new Promise<void>(resolve =>
      front.listen(0, '127.0.0.1', () => resolve()),
    );
    return hostile;
  }

  get awsEndpoint(): string {
    return `http://127.0.0.1:${(this.front.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await this.api.stop();
    this.front.closeAllConnections();
    await new Promise<void>(resolve => this.front.close(() => resolve()));
  }
}
