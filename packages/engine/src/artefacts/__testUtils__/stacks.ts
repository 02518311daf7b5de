import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import type { Sandbox } from 'eks-sandbox';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** One stack of this name at a time, of a template of deploy/. */
export function stacksOf(
  sandbox: Sandbox,
  template: string,
  StackName = 'artefact',
) {
  const client = new CloudFormationClient({
    endpoint: sandbox.awsEndpoint,
    region: sandbox.region,
    credentials: sandbox.credentials.admin,
  });
  const path = resolve(__dirname, '../../../../../deploy', template);
  return {
    /** Resolves with its outputs, in the order of their values. */
    async create(values: Record<string, string>): Promise<string[]> {
      await client.send(
        new CreateStackCommand({
          StackName,
          TemplateBody: readFileSync(path, 'utf8'),
          Capabilities: ['CAPABILITY_NAMED_IAM'],
          Parameters: Object.entries(values).map(
            ([ParameterKey, ParameterValue]) => ({
              ParameterKey,
              ParameterValue,
            }),
          ),
        }),
      );
      const { Stacks } = await client.send(
        new DescribeStacksCommand({ StackName }),
      );
      const { StackStatus, Outputs } = Stacks![0];
      if (StackStatus !== 'CREATE_COMPLETE') throw new Error(StackStatus);
      return Outputs!.map(({ OutputValue }) => OutputValue!).sort();
    },
    delete: () => client.send(new DeleteStackCommand({ StackName })),
    end: () => client.destroy(),
  };
}
