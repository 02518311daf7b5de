import { AwsError } from '../errors';
import { RefusalStyle, guard } from '../guard';
import { XmlValue } from '../protocol/xml';
import { AwsCall } from '../service';
import { AccountState, ClusterRecord } from '../state/types';
import { World } from '../state/world';
import { Ec2Parameters } from './parameters';
import { regionalArn } from '../../core/partition';

/** The input of an EC2 operation. */
export interface Ec2Context {
  world: World;
  call: AwsCall;
  account: AccountState;
  parameters: Ec2Parameters;
}

/** An EC2 operation; its result becomes the members of the response. */
export type Ec2Operation = (context: Ec2Context) => Record<string, XmlValue>;

/** EC2 prefixes IAM's message with its own sentence, and names no resource when the action has none. */
const REFUSAL: RefusalStyle = {
  code: 'UnauthorizedOperation',
  statusCode: 403,
  prefix: 'You are not authorized to perform this operation. ',
  showResource: resource => (resource === '*' ? undefined : resource),
};

/** Refuses the call unless the caller may do it on each of these resources; a dry run ends here. */
export function need(context: Ec2Context, resources: string[]): void {
  const { world, call, parameters } = context;
  for (const resource of resources) {
    guard(world, call, { action: `ec2:${call.operation}`, resource }, REFUSAL);
  }
  if (parameters.boolean('DryRun')) {
    throw new AwsError(
      'DryRunOperation',
      'Request would have succeeded, but DryRun flag is set.',
      412,
    );
  }
}

/** Refuses a role that the caller is not allowed to pass to EC2. */
export function needToPass({ world, call }: Ec2Context, roleArn: string): void {
  guard(
    world,
    call,
    {
      action: 'iam:PassRole',
      resource: roleArn,
      context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
    },
    REFUSAL,
  );
}

/** ARN of an EC2 resource in the caller's account and region. */
export function ec2Arn({ call, account }: Ec2Context, rest: string): string {
  return regionalArn(
    'ec2',
    { region: call.region, accountId: account.id },
    rest,
  );
}

/** The clusters in a VPC. Every VPC of the sandbox has one. */
export function clustersIn(
  { account, call }: Ec2Context,
  vpcId: string,
): ClusterRecord[] {
  return [...account.clusters.values()].filter(
    cluster => cluster.region === call.region && cluster.vpc.vpcId === vpcId,
  );
}
