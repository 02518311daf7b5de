import { IncomingMessage } from 'node:http';

/** A request as received, before its service is known. */
export interface AwsRequest {
  method: string;
  /** Percent-encoded, as signed. */
  rawPath: string;
  /** Decoded. */
  query: Record<string, string | string[]>;
  /** Lower-case names; repeated headers are joined with commas. */
  headers: Record<string, string>;
  body: Buffer;
  remoteAddress: string;
}

/** The response. */
export interface AwsReply {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
  /** How much of it is sent before the connection is closed; absent for all of it, in order. */
  cut?: 'nothing' | 'half';
}

/** Larger than anything the services here accept. */
const LARGEST_BODY = 16 * 1024 * 1024;

/** Thrown when the body is too large. */
export class BodyTooLarge extends Error {}

/** Percent-decodes; badly encoded text stays as it is. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Splits a query string and keeps `+`, because SigV4 signs it unchanged. */
export function parseQuery(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  for (const pair of text.split('&').filter(Boolean)) {
    const equals = pair.indexOf('=');
    const key = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    const before = query[key];
    if (before === undefined) {
      query[key] = value;
    } else {
      query[key] = Array.isArray(before) ? [...before, value] : [before, value];
    }
  }
  return query;
}

/** Reads a whole request. */
export async function readRequest(
  message: IncomingMessage,
): Promise<AwsRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > LARGEST_BODY) {
      throw new BodyTooLarge();
    }
    chunks.push(chunk);
  }
  const url = message.url ?? '/';
  const question = url.indexOf('?');
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(message.headers)) {
    headers[name] = Array.isArray(value) ? value.join(',') : value ?? '';
  }
  return {
    method: message.method ?? 'GET',
    rawPath: question < 0 ? url : url.slice(0, question),
    query: question < 0 ? parseQuery('') : parseQuery(url.slice(question + 1)),
    headers,
    body: Buffer.concat(chunks),
    remoteAddress: message.socket.remoteAddress ?? '127.0.0.1',
  };
}
