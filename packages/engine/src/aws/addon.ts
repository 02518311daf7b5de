import { packages } from '../async/packages';
import { orUndefined } from './orUndefined';
import type { AwsClients } from './types';

/** Name of the agent's add-on; its DaemonSets and pods carry it as instance label even without the add-on. */
export const AGENT_ADDON = 'eks-pod-identity-agent';

/** The add-on of the agent. */
export interface Addon {
  version?: string;
  status: string;
  /** Namespace of its DaemonSet, if the add-on was installed into another one. */
  namespace?: string;
  /** As its installer set them: JSON or YAML. */
  configurationValues?: string;
  issues: { code: string; message: string }[];
  tags: Record<string, string>;
}

/** The add-on of the agent; `undefined` when it is not installed. */
export async function describeAgentAddon(
  session: { cluster: { name: string }; aws: Pick<AwsClients, 'eks'> },
  abortSignal?: AbortSignal,
): Promise<Addon | undefined> {
  const answer = await orUndefined(
    session.aws.eks.send(
      new packages.eks.DescribeAddonCommand({
        clusterName: session.cluster.name,
        addonName: AGENT_ADDON,
      }),
      { abortSignal },
    ),
  );
  const addon = answer?.addon;
  return (
    addon && {
      version: addon.addonVersion,
      status: addon.status ?? 'UNKNOWN',
      namespace: addon.namespaceConfig?.namespace,
      configurationValues: addon.configurationValues || undefined,
      issues: (addon.health?.issues ?? []).map(issue => ({
        code: issue.code ?? 'Unknown',
        message: issue.message ?? '',
      })),
      tags: addon.tags ?? {},
    }
  );
}
