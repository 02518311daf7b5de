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

/** An add-on, and the role that EKS annotates its service account with. */
export interface AddonRole {
  name: string;
  /** Its IRSA role; absent where it has none. */
  roleArn?: string;
}

/** All add-ons of a cluster, one call for each. */
export async function listAddonRoles(
  { cluster, aws }: Session,
  abortSignal?: AbortSignal,
): Promise<AddonRole[]> {
  const found: AddonRole[] = [];
  const pages = packages.eks.paginateListAddons(
    { client: aws.eks },
    { clusterName: cluster.name },
    { abortSignal },
  );
  for await (const { addons = [] } of pages) {
    for (const addonName of addons) {
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
      found.push({ name: addonName, ...(roleArn ? { roleArn } : {}) });
    }
  }
  return found;
}
