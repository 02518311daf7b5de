import { posix } from 'node:path';
import { usageError } from '../arguments';
import { CliError, EXIT } from '../cliError';
import { CliResult, printed, ServiceContext } from '../sdk';
import {
  copyObject,
  getObject,
  headObject,
  needObject,
  objectsBelow,
  putObject,
} from './objects';
import {
  folder,
  isS3,
  Location,
  locationOf,
  showLocation,
  wrongForm,
} from './location';
import { carryOut, fatal, Transfer } from './transfers';

const FORM =
  'usage: aws s3 cp <LocalPath> <S3Uri> or <S3Uri> <LocalPath> or <S3Uri> <S3Uri>';

/** The key of a copy: a folder, or nothing, takes the name of its source. */
const keyFor = (key: string, source: string) =>
  key === folder(key) ? key + posix.basename(source) : key;

const uploadOf = (
  context: ServiceContext,
  shown: string,
  read: () => Promise<Uint8Array>,
  to: Location,
): Transfer => ({
  verb: 'upload',
  what: `${shown} to ${showLocation(to)}`,
  run: async () => {
    await putObject(context, to, read);
  },
});

async function upload(
  context: ServiceContext,
  source: string,
  to: Location,
): Promise<Transfer[]> {
  const { files, args, stdin } = context;
  if (source === '-') {
    return [{ ...uploadOf(context, '-', async () => stdin, to), silent: true }];
  }
  const kind = await files.kindOf(source);
  if (kind === undefined) {
    throw new CliError(
      `The user-provided path ${source} does not exist.`,
      EXIT.general,
    );
  }
  const one = (path: string, key: string) =>
    uploadOf(context, files.shown(path), () => files.read(path), {
      bucket: to.bucket,
      key,
    });
  if (args.flags.has('recursive')) {
    const names = kind === 'directory' ? await files.below(source) : [];
    return names.map(name =>
      one(posix.join(source, name), folder(to.key) + name),
    );
  }
  if (kind === 'directory') {
    const refused = async () => {
      throw new CliError(
        `[Errno 21] Is a directory: '${folder(files.resolve(source))}'`,
        EXIT.general,
      );
    };
    const shown = folder(files.relative(source));
    return [uploadOf(context, shown, refused, to)];
  }
  return [one(source, keyFor(to.key, source))];
}

async function download(
  context: ServiceContext,
  from: Location,
  target: string,
): Promise<Transfer[]> {
  const { files, args } = context;
  const one = (at: Location, path: string): Transfer => ({
    verb: 'download',
    what: `${showLocation(at)} to ${files.shown(path)}`,
    run: async () => files.write(path, await getObject(context, at)),
  });
  if (args.flags.has('recursive')) {
    const found = await objectsBelow(context, from);
    return found
      .filter(({ name }) => name !== '' && !name.endsWith('/'))
      .map(({ at, name }) => one(at, posix.join(target, name)));
  }
  if (from.key === '') {
    await objectsBelow(context, from);
    return [];
  }
  await needObject(context, from);
  const isFolder =
    target.endsWith('/') || (await files.kindOf(target)) === 'directory';
  const path = isFolder ? posix.join(target, posix.basename(from.key)) : target;
  return [one(from, path)];
}

async function copy(
  context: ServiceContext,
  from: Location,
  to: Location,
): Promise<Transfer[]> {
  const one = (at: Location, key: string): Transfer => ({
    verb: 'copy',
    what: `${showLocation(at)} to ${showLocation({ ...to, key })}`,
    run: async () => {
      await copyObject(context, at, { ...to, key });
    },
  });
  if (context.args.flags.has('recursive')) {
    const found = await objectsBelow(context, from);
    return found.map(({ at, name }) => one(at, folder(to.key) + name));
  }
  await needObject(context, from);
  return [one(from, keyFor(to.key, from.key))];
}

/** `aws s3 cp s3://bucket/key -` */
async function print(
  context: ServiceContext,
  from: Location,
): Promise<CliResult> {
  let content: Uint8Array = new Uint8Array();
  const failed = await carryOut(context, [
    {
      verb: 'download',
      what: `${showLocation(from)} to -`,
      run: async () => {
        await headObject(context, from);
        content = await getObject(context, from);
      },
    },
  ]);
  return failed.exitCode
    ? failed
    : {
        ...printed(Buffer.from(content).toString('latin1')),
        stdoutKind: 'bytes',
      };
}

export async function cp(context: ServiceContext): Promise<CliResult> {
  const [source, target, more] = context.args.positional.slice(2);
  if (target === undefined) {
    throw usageError('the following arguments are required: paths');
  }
  if (more !== undefined) {
    throw new CliError(`Unknown options: ${more}`, EXIT.usage);
  }
  if (!isS3(source) && !isS3(target)) {
    throw wrongForm(FORM);
  }
  if (!isS3(source)) {
    return carryOut(context, await upload(context, source, locationOf(target)));
  }
  const from = locationOf(source);
  if (target === '-') {
    return print(context, from);
  }
  try {
    const transfers = isS3(target)
      ? await copy(context, from, locationOf(target))
      : await download(context, from, target);
    return await carryOut(context, transfers);
  } catch (error) {
    return fatal(error);
  }
}
