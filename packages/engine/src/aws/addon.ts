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

interface Session {
  cluster: { name: string };
  aws: Pick<AwsClients, 'eks'>;
}

/** The add-on of the agent; `undefined` when it is not installed. */
export async function describeAgentAddon(
  session: Session,
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

/** Names of all add-ons of a cluster. */
export async function listAddons(
  { cluster, aws }: Session,
  abortSignal?: AbortSignal,
): Promise<string[]> {
  const found: string[] = [];
  const pages = packages.eks.paginateListAddons(
    { client: aws.eks },
    { clusterName: cluster.name },
    { abortSignal },
  );
  for await (const { addons = [] } of pages) found.push(...addons);
  return found;
}

/** Names of these add-ons by the role with which EKS annotates their service accounts; those without one are left out. */
export async function addonsByRole(
  { cluster, aws }: Session,
  names: readonly string[],
  abortSignal?: AbortSignal,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const addonName of names) {
    const answer = await orUndefined(
      aws.eks.send(
        new packages.eks.DescribeAddonCommand({
          clusterName: cluster.name,
          addonName,
        }),
        { abortSignal },
      ),
    );
    const roleArn = answer?.addon?.serviceAccountRoleArn;
    if (roleArn) {
      found.set(roleArn, [...(found.get(roleArn) ?? []), addonName]);
    }
  }
  return found;
}
