import { stringify } from 'yaml';
import { notAcceptable } from '../model/status';

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';

/** What the API server can give; the sandbox gives the first two. */
const AVAILABLE = [JSON_TYPE, YAML_TYPE, 'application/vnd.kubernetes.protobuf'];

const rangesOf = (accept: string) =>
  accept.split(',').map(range => range.split(';')[0].trim().toLowerCase());

/** What a list can also be watched as. */
const STREAMS = [JSON_TYPE, AVAILABLE[2]].map(type => `${type};stream=watch`);

/** The media type of the answer; refuses a client that takes neither JSON nor YAML. */
export function mediaTypeFor(
  accept: string | undefined,
  { isList }: { isList: boolean },
): string {
  if (!accept) {
    return JSON_TYPE;
  }
  for (const range of rangesOf(accept)) {
    if ([JSON_TYPE, 'application/*', '*/*', '*'].includes(range)) {
      return JSON_TYPE;
    }
    if (range === YAML_TYPE) {
      return YAML_TYPE;
    }
  }
  throw notAcceptable([...AVAILABLE, ...(isList ? STREAMS : [])]);
}

/** The text of an answer in the media type. */
export const textOf = (mediaType: string, body: unknown) =>
  mediaType === YAML_TYPE ? stringify(body) : `${JSON.stringify(body)}\n`;

/** The parameters of each media range: `as=Table`, `g=…`. */
export function asksFor(
  accept: string | undefined,
  parameters: Record<string, string>,
): boolean {
  return (accept ?? '').split(',').some(range => {
    const given = range.split(';').map(part => part.trim());
    return Object.entries(parameters).every(([name, value]) =>
      given.includes(`${name}=${value}`),
    );
  });
}
