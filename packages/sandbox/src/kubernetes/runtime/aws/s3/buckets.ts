import {
  BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
} from '@aws-sdk/client-s3';
import { usageError } from '../arguments';
import { CliError, EXIT } from '../cliError';
import { CliResult, printed, ServiceContext } from '../sdk';
import { withS3 } from './api';
import { isS3, locationOf, wrongForm } from './location';
import { removeBelow } from './rm';

function bucketOf({ args }: ServiceContext): { path: string; bucket: string } {
  const path = args.positional[2];
  if (path === undefined) {
    throw usageError('the following arguments are required: path');
  }
  if (!isS3(path)) {
    throw wrongForm('<S3Uri>');
  }
  return { path, bucket: locationOf(path).bucket };
}

async function change(
  verb: 'make_bucket' | 'remove_bucket',
  { path, bucket }: { path: string; bucket: string },
  call: () => Promise<unknown>,
): Promise<CliResult> {
  try {
    await call();
    return printed(`${verb}: ${bucket}\n`);
  } catch (error) {
    if (!(error instanceof CliError)) {
      throw error;
    }
    const stderr = `${verb} failed: ${path} ${error.brief}\n`;
    return { stdout: '', stderr, exitCode: 1 };
  }
}

export async function mb(context: ServiceContext): Promise<CliResult> {
  const named = bucketOf(context);
  const { bucket } = named;
  const location = context.region as BucketLocationConstraint;
  return change('make_bucket', named, () =>
    withS3(context, 'CreateBucket', { bucket }, (client, options) =>
      client.send(
        new CreateBucketCommand({
          Bucket: bucket,
          ...(context.region !== 'us-east-1' && {
            CreateBucketConfiguration: { LocationConstraint: location },
          }),
        }),
        options,
      ),
    ),
  );
}

export async function rb(context: ServiceContext): Promise<CliResult> {
  const named = bucketOf(context);
  const { bucket } = named;
  const emptied = context.args.flags.has('force')
    ? await removeBelow(context, { bucket, key: '' })
    : printed('');
  if (emptied.exitCode !== 0) {
    const why =
      '\nremove_bucket failed: Unable to delete all objects in the bucket, bucket will not be deleted.\n';
    return {
      ...emptied,
      stderr: emptied.stderr + why,
      exitCode: EXIT.general,
    };
  }
  const removed = await change('remove_bucket', named, () =>
    withS3(context, 'DeleteBucket', { bucket }, (client, options) =>
      client.send(new DeleteBucketCommand({ Bucket: bucket }), options),
    ),
  );
  return { ...removed, stdout: emptied.stdout + removed.stdout };
}
