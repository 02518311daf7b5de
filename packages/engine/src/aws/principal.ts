import { packages } from '../async/packages';
import { accountOfArn, nameOfArn, partitionOfArn } from './arn';
import { readRole } from './role';
import type { AwsClients } from './types';

/**
 * The role or user under which a session calls AWS. STS leaves out the path of a role; where it is not allowed to ask IAM,
 * the ARN has none.
 */
export async function principalArn(
  session: { aws: Pick<AwsClients, 'iam' | 'sts'> },
  abortSignal?: AbortSignal,
): Promise<string | undefined> {
  const { Arn: arn } = await session.aws.sts.send(
    new packages.sts.GetCallerIdentityCommand({}),
    { abortSignal },
  );
  const name = /:assumed-role\/([^/]+)\//.exec(arn ?? '')?.[1];
  if (!arn || !name) return arn;
  const role = await readRole(session, name, abortSignal).catch(
    () => undefined,
  );
  return (
    role?.arn ??
    `arn:${partitionOfArn(arn)}:iam::${accountOfArn(arn)}:role/${nameOfArn(
      name,
    )}`
  );
}
