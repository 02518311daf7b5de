import { CliError, EXIT } from '../cliError';

/** An object, a prefix or, with an empty key, a bucket. */
export interface Location {
  bucket: string;
  key: string;
}

const SCHEME = 's3://';

export const isS3 = (path: string) => path.startsWith(SCHEME);

export function locationOf(path: string): Location {
  const [bucket, ...key] = path.replace(SCHEME, '').split('/');
  return { bucket, key: key.join('/') };
}

export const showLocation = ({ bucket, key }: Location) =>
  `${SCHEME}${bucket}/${key}`;

/** A prefix that names a folder, as the CLI takes every prefix of a recursive command. */
export const folder = (key: string) =>
  key === '' || key.endsWith('/') ? key : `${key}/`;

/** The CLI prints the form of a command without the word "aws" before it. */
export const wrongForm = (form: string) =>
  new CliError(`${form}\nError: Invalid argument type`, EXIT.usage);
