import { AwsRequest } from '../protocol/request';
import { BucketRecord } from '../state/types';

export function text(request: AwsRequest, name: string): string | undefined {
  const value = request.query[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The keys and common prefixes of one page. */
export function listing(
  bucket: BucketRecord,
  request: AwsRequest,
  after: string,
) {
  const prefix = text(request, 'prefix') ?? '';
  const delimiter = text(request, 'delimiter') ?? '';
  const size = Math.min(Number(text(request, 'max-keys') ?? 1000), 1000);
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last = '';
  let truncated = false;
  for (const key of Object.keys(bucket.objects).sort()) {
    const rest = key.slice(prefix.length);
    const cut = delimiter ? rest.indexOf(delimiter) : -1;
    const group =
      cut >= 0 ? prefix + rest.slice(0, cut + delimiter.length) : undefined;
    const position = group ?? key;
    if (
      !key.startsWith(prefix) ||
      position <= after ||
      (group && prefixes.includes(group))
    ) {
      continue;
    }
    if (keys.length + prefixes.length >= size) {
      truncated = true;
      break;
    }
    (group ? prefixes : keys).push(position);
    last = position;
  }
  return { prefix, delimiter, size, keys, prefixes, truncated, last };
}
