import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { render } from './output';
import { S3_OPERATIONS } from './s3';
import { asCliError, clientConfig, Operation } from './sdk';

const getCallerIdentity: Operation = async context => {
  const client = new STSClient(clientConfig(context));
  try {
    const { UserId, Account, Arn } = await client.send(
      new GetCallerIdentityCommand({}),
      { abortSignal: context.signal },
    );
    return render({ UserId, Account, Arn }, context.args.options);
  } catch (error) {
    throw asCliError(error, 'GetCallerIdentity', 'sts', context.region);
  } finally {
    client.destroy();
  }
};

/** Operations that pods of the sandbox can call, by `service operation`. */
export const OPERATIONS: Record<string, Operation> = {
  'sts get-caller-identity': getCallerIdentity,
  ...S3_OPERATIONS,
};
