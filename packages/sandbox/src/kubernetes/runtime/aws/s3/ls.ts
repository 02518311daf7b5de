import { CliResult, printed, ServiceContext } from '../sdk';
import { Listing, listBuckets, listObjects } from './api';

/** `2025-01-31 12:00:00`, UTC as in a container. */
const stamp = (date: Date = new Date(0)) =>
  date.toISOString().slice(0, 19).replace('T', ' ');

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

function humanSize(bytes: number): string {
  if (bytes < 1024) {
    return `${bytes} Byte${bytes === 1 ? '' : 's'}`;
  }
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length);
  return `${(bytes / 1024 ** power).toFixed(1)} ${UNITS[power - 1]}`;
}

function objectLines(
  { Contents, CommonPrefixes }: Required<Listing>,
  { args }: ServiceContext,
  prefix: string,
): string {
  const shown = (key = '') =>
    args.flags.has('recursive') ? key : key.slice(prefix.lastIndexOf('/') + 1);
  const size = (bytes = 0) =>
    args.flags.has('human-readable') ? humanSize(bytes) : String(bytes);
  const total = Contents.reduce((sum, object) => sum + (object.Size ?? 0), 0);
  return [
    ...CommonPrefixes.map(p => `${' '.repeat(27)}PRE ${shown(p.Prefix)}\n`),
    ...Contents.map(
      o =>
        `${stamp(o.LastModified)} ${size(o.Size).padStart(10)} ${shown(
          o.Key,
        )}\n`,
    ),
    args.flags.has('summarize')
      ? `\nTotal Objects: ${Contents.length}\n   Total Size: ${size(total)}\n`
      : '',
  ].join('');
}

export async function ls(context: ServiceContext): Promise<CliResult> {
  const target = context.args.positional[2];
  if (!target || target === 's3://') {
    const { Buckets = [] } = await listBuckets(context);
    return printed(
      Buckets.map(b => `${stamp(b.CreationDate)} ${b.Name}\n`).join(''),
    );
  }
  const [bucket, ...key] = target.replace('s3://', '').split('/');
  const prefix = key.join('/');
  const answer = await listObjects(context, {
    Bucket: bucket,
    Prefix: prefix,
    ...(!context.args.flags.has('recursive') && { Delimiter: '/' }),
  });
  const text = objectLines(answer, context, prefix);
  // The CLI says nothing of a prefix without objects, except by its exit code.
  return { ...printed(text), exitCode: text === '' && prefix ? 1 : 0 };
}
