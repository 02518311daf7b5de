import { AwsDirect } from '../aws/direct';
import { ClusterRef } from '../aws/direct/eks';
import { KubernetesClusterHandle } from '../kubernetes';
import { ControlError } from './router';

/** What a scenario may change. */
interface ScenarioContext {
  aws: AwsDirect;
  cluster(ref: ClusterRef): KubernetesClusterHandle;
}

/** A named change of the sandbox's state; the description explains its input. */
export interface Scenario {
  description: string;
  run(
    context: ScenarioContext,
    input: Record<string, unknown>,
  ): unknown | Promise<unknown>;
}

function count(input: Record<string, unknown>, name: string, usual: number) {
  const value = input[name] ?? usual;
  if (!Number.isInteger(value) || (value as number) < 1) {
    throw new ControlError(`${name} must be a whole number, 1 or more.`);
  }
  return value as number;
}

const bulkAssociations: Scenario = {
  description:
    'Creates `count` associations (default 300), each with its own role, in `namespaces` namespaces (default 10) of `cluster`.',
  run({ aws }, input) {
    const cluster = String(input.cluster ?? '');
    const wanted = count(input, 'count', 300);
    const namespaces = count(input, 'namespaces', 10);
    const { accountId, name } = aws.eks.key(cluster);
    const inputs = Array.from({ length: wanted }, (_, index) => {
      const namespace = `team-${index % namespaces}`;
      const serviceAccount = `service-${index}`;
      const role = aws.iam.putRole({
        accountId,
        name: `bulk-${name.slice(0, 30)}-${index}`,
        attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      });
      return { namespace, serviceAccount, roleArn: role.arn };
    });
    return { made: aws.eks.putAssociations(cluster, inputs).length };
  },
};

/** The scenarios by name. */
export function builtInScenarios(): Map<string, Scenario> {
  return new Map([['bulk-associations', bulkAssociations]]);
}
