import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import type { Fixture } from './fixtures';

/** The real client over a fetch that answers as the backend does in one state. */
export function fixtureClient(fixture: Fixture): PodIdentityClient {
  const json = (status: number, body?: unknown) =>
    new Response(body === undefined ? null : JSON.stringify(body), {
      status,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
    });
  return new PodIdentityClient({
    discoveryApi: { getBaseUrl: async () => '' },
    fetchApi: {
      fetch: async input => {
        const url = String(input);
        if ('pending' in fixture) return new Promise(() => {});
        if (url.includes('/events')) {
          const line = {
            seq: 1,
            at: new Date().toISOString(),
            type: 'log',
            data: {
              level: 'info',
              message: 'Waiting for the probe pod to start',
            },
          };
          return new Response(
            new ReadableStream({
              start(controller) {
                controller.enqueue(
                  new TextEncoder().encode(`data: ${JSON.stringify(line)}\n\n`),
                );
              },
            }),
            { headers: { 'content-type': 'text/event-stream' } },
          );
        }
        if ('status' in fixture) return json(fixture.status, fixture.body);
        return json(200, fixture.answer);
      },
    },
  });
}
