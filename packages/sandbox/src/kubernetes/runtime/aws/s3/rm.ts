import { CliResult, printed, ServiceContext } from '../sdk';
import { usageError } from '../arguments';
import {
  isS3,
  Location,
  locationOf,
  showLocation,
  wrongForm,
} from './location';
import { deleteObject, objectsBelow } from './objects';
import { carryOut, fatal, Transfer } from './transfers';

const removalOf = (context: ServiceContext, at: Location): Transfer => ({
  verb: 'delete',
  what: showLocation(at),
  run: async () => {
    await deleteObject(context, at);
  },
});

/** Deletes all objects below a folder. */
export async function removeBelow(
  context: ServiceContext,
  folder: Location,
): Promise<CliResult> {
  try {
    const found = await objectsBelow(context, folder);
    return await carryOut(
      context,
      found.map(({ at }) => removalOf(context, at)),
    );
  } catch (error) {
    return fatal(error);
  }
}

export async function rm(context: ServiceContext): Promise<CliResult> {
  const [path] = context.args.positional.slice(2);
  if (path === undefined) {
    throw usageError('the following arguments are required: paths');
  }
  if (!isS3(path)) {
    throw wrongForm('usage: aws s3 rm <S3Uri>');
  }
  const at = locationOf(path);
  if (context.args.flags.has('recursive')) {
    return removeBelow(context, at);
  }
  return at.key === ''
    ? printed('')
    : carryOut(context, [removalOf(context, at)]);
}
