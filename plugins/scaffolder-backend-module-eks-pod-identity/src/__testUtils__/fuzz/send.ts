import { request as httpRequest } from 'node:http';

/** Longer than any answer takes: what has not come by then hangs. */
const HANG_MS = 30_000;

export interface Answer {
  status: number;
  text: string;
}

/** Percent-encodes every byte that an address cannot hold; "%" too, so that the route sees the text. */
export function encodeSegment(text: string): string {
  // An empty segment would be another route
  return [...Buffer.from(text, 'utf8')]
    .map(byte => {
      const character = String.fromCharCode(byte);
      return /[\w.~!$&'()*+,;=:@-]/.test(character)
        ? character
        : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

/** Sends a request as it is: `fetch` would refuse or tidy up some of them. */
export function send(
  baseUrl: string,
  request: {
    method: string;
    path: string;
    headers: Record<string, string>;
    body?: string;
  },
): Promise<Answer> {
  const { hostname, port, pathname } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        hostname,
        port,
        path: pathname + request.path,
        method: request.method,
        headers: request.headers,
        signal: AbortSignal.timeout(HANG_MS),
      },
      response => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', chunk => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(request.body);
  });
}
