import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { XMLParser } from 'fast-xml-parser';
import {
  CliError,
  couldNotConnect,
  EXIT,
  readTimeout,
  serviceError,
} from './cliError';
import { realEndpoint, ServiceContext } from './sdk';

/** An operation of a service for which no client is at hand: how it is spelled on the wire. */
export interface WireOperation {
  service: string;
  operation: string;
  protocol: { json: '1.0' | '1.1'; target: string } | { query: string };
}

function bodyOf(
  { protocol, operation }: WireOperation,
  input: Record<string, string>,
): { body: string; headers: Record<string, string> } {
  return 'query' in protocol
    ? {
        body: new URLSearchParams({
          Action: operation,
          Version: protocol.query,
          ...input,
        }).toString(),
        headers: {
          'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        },
      }
    : {
        body: JSON.stringify(input),
        headers: {
          'content-type': `application/x-amz-json-${protocol.json}`,
          'x-amz-target': `${protocol.target}.${operation}`,
        },
      };
}

const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false });

function refusal(
  { operation, protocol }: WireOperation,
  text: string,
  queryError: string | null,
): CliError {
  if ('query' in protocol) {
    const error = parser.parse(text)?.ErrorResponse?.Error ?? {};
    return serviceError(
      error.Code ?? 'Unknown',
      operation,
      error.Message ?? '',
    );
  }
  const error = JSON.parse(text);
  const code =
    queryError?.split(';')[0] ??
    String(error.__type ?? 'Unknown')
      .split('#')
      .pop()!;
  return serviceError(code, operation, error.message ?? error.Message ?? '');
}

/** Signs and sends one request; answers the parsed body, or throws what the CLI would print. */
export async function send(
  context: ServiceContext,
  wire: WireOperation,
  input: Record<string, string>,
): Promise<Record<string, any>> {
  const { hostname, port, protocol } = new URL(context.endpoint);
  const { body, headers } = bodyOf(wire, input);
  const signer = new SignatureV4({
    service: wire.service,
    region: context.region,
    credentials: context.credentials,
    sha256: Sha256,
  });
  const signed = await signer.sign({
    method: 'POST',
    protocol,
    hostname,
    port: Number(port),
    path: '/',
    query: {},
    headers: { host: `${hostname}:${port}`, ...headers },
    body,
  });
  const url = realEndpoint(wire.service, context.region);
  const patience = AbortSignal.timeout(context.readTimeoutMs);
  const signal = context.signal
    ? AbortSignal.any([context.signal, patience])
    : patience;
  let status: number;
  let text: string;
  let queryError: string | null;
  try {
    const response = await fetch(context.endpoint, {
      method: 'POST',
      headers: signed.headers,
      body,
      signal,
    });
    status = response.status;
    queryError = response.headers.get('x-amzn-query-error');
    text = await response.text();
  } catch {
    throw new CliError(
      patience.aborted ? readTimeout(url) : couldNotConnect(url),
      EXIT.general,
    );
  }
  if (status >= 300) {
    throw refusal(wire, text, queryError);
  }
  if ('query' in wire.protocol) {
    const { operation } = wire;
    return parser.parse(text)?.[`${operation}Response`]?.[`${operation}Result`];
  }
  return JSON.parse(text);
}
