import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { CliError } from '../cliError';
import { ServiceContext } from '../sdk';
import { listObjects, withS3 } from './api';
import { folder, Location } from './location';

const input = ({ bucket, key }: Location) => ({ Bucket: bucket, Key: key });

export const headObject = (context: ServiceContext, at: Location) =>
  withS3(context, 'HeadObject', at, (client, options) =>
    client.send(new HeadObjectCommand(input(at)), options),
  );

/** Looks for an object before it is copied; the CLI then words a 404 in its own way. */
export async function needObject(context: ServiceContext, at: Location) {
  try {
    await headObject(context, at);
  } catch (error) {
    const { message, exitCode } = error as CliError;
    throw error instanceof CliError && message.includes('(404)')
      ? new CliError(
          message.replace('Not Found', `Key "${at.key}" does not exist`),
          exitCode,
        )
      : error;
  }
}

export const getObject = (context: ServiceContext, at: Location) =>
  withS3(context, 'GetObject', at, async (client, options) => {
    const { Body } = await client.send(
      new GetObjectCommand(input(at)),
      options,
    );
    return Body!.transformToByteArray();
  });

export const putObject = (
  context: ServiceContext,
  at: Location,
  read: () => Promise<Uint8Array>,
) =>
  withS3(context, 'PutObject', at, async (client, options) =>
    client.send(
      new PutObjectCommand({ ...input(at), Body: await read() }),
      options,
    ),
  );

export const copyObject = (
  context: ServiceContext,
  from: Location,
  to: Location,
) =>
  withS3(context, 'CopyObject', to, (client, options) =>
    client.send(
      new CopyObjectCommand({
        ...input(to),
        CopySource: encodeURI(`${from.bucket}/${from.key}`),
      }),
      options,
    ),
  );

export const deleteObject = (context: ServiceContext, at: Location) =>
  withS3(context, 'DeleteObject', at, (client, options) =>
    client.send(new DeleteObjectCommand(input(at)), options),
  );

/** Objects below a folder, with their keys relative to it. */
export async function objectsBelow(
  context: ServiceContext,
  { bucket, key }: Location,
): Promise<{ at: Location; name: string }[]> {
  const Prefix = folder(key);
  const { Contents } = await listObjects(context, { Bucket: bucket, Prefix });
  return Contents.map(object => ({
    at: { bucket, key: object.Key! },
    name: object.Key!.slice(Prefix.length),
  }));
}
