import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
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
  const wish = (values: Record<string, string>) => ({
    StackName,
    TemplateBody: readFileSync(path, 'utf8'),
    Capabilities: ['CAPABILITY_NAMED_IAM' as const],
    Parameters: Object.entries(values).map(
      ([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }),
    ),
  });
  /** Resolves with its outputs, in the order of their values. */
  async function outputs(): Promise<string[]> {
    const { Stacks } = await client.send(
      new DescribeStacksCommand({ StackName }),
    );
    const { StackStatus, Outputs } = Stacks![0];
    if (!/^(CREATE|UPDATE)_COMPLETE$/.test(StackStatus!)) {
      throw new Error(StackStatus);
    }
    return Outputs!.map(({ OutputValue }) => OutputValue!).sort();
  }
  return {
    async create(values: Record<string, string>) {
      await client.send(new CreateStackCommand(wish(values)));
      return outputs();
    },
    /** With all values, as what none is given for has its default. */
    async update(values: Record<string, string>) {
      await client.send(new UpdateStackCommand(wish(values)));
      return outputs();
    },
    delete: () => client.send(new DeleteStackCommand({ StackName })),
    end: () => client.destroy(),
  };
}
