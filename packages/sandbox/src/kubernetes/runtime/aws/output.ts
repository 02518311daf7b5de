import { search } from 'jmespath';
import { CliError, EXIT } from './cliError';

/** The CLI's JSON, indented by four spaces. */
const json = (value: unknown) => `${JSON.stringify(value, null, 4)}\n`;

const scalar = (value: unknown) => (value === null ? 'None' : String(value));

const isList = Array.isArray;
const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !isList(value);

/** The CLI's text format: the sorted scalars of an object on one line, nested values below under their key. */
function text(value: unknown, key?: string): string {
  if (isList(value)) {
    if (value.every(item => !isObject(item) && !isList(item))) {
      return value.length
        ? `${[...(key ? [key] : []), ...value.map(scalar)].join('\t')}\n`
        : '';
    }
    return value.map(item => text(item, key)).join('');
  }
  if (isObject(value)) {
    const keys = Object.keys(value).sort();
    const scalars = keys.filter(k => !isObject(value[k]) && !isList(value[k]));
    const nested = keys.filter(k => !scalars.includes(k));
    const line = [...(key ? [key] : []), ...scalars.map(k => scalar(value[k]))];
    return [
      scalars.length ? `${line.join('\t')}\n` : '',
      ...nested.map(k => text(value[k], k.toUpperCase())),
    ].join('');
  }
  return `${scalar(value)}\n`;
}

/** Renders a response for `--output` and `--query`. */
export function render(
  response: object,
  { output = 'json', query }: { output?: string; query?: string },
): string {
  let value: unknown = response;
  if (query !== undefined) {
    try {
      value = search(JSON.parse(JSON.stringify(response)), query);
    } catch (error) {
      throw new CliError(
        `Bad value for --query ${query}: ${(error as Error).message}`,
        EXIT.usage,
      );
    }
  }
  switch (output) {
    case 'json':
      return json(value);
    case 'text':
      return text(value);
    case 'yaml':
    case 'table':
      throw new CliError(
        `The sandbox's pods print json and text, not ${output}.`,
        EXIT.general,
      );
    default:
      throw new CliError(`Unknown output type: ${output}`, EXIT.usage);
  }
}
