import { packages } from '../async/packages';
import { foreign } from '../text/foreign';
import { orUndefined } from './orUndefined';
import type { AwsClients } from './types';

/** Name of the agent's add-on; its DaemonSets and pods carry it as instance label even without the add-on. */
export const AGENT_ADDON = 'eks-pod-identity-agent';

/** The variants of the agent for hybrid nodes have other names, and the same instance. */
export const AGENT_LABEL = 'app.kubernetes.io/instance';
export const AGENT_SELECTOR = `${AGENT_LABEL}=${AGENT_ADDON}`;

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
        message: foreign(issue.message),
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

/** One version of an add-on. */
export interface AddonVersion {
  name: string;
  version: string;
  /** Of its service accounts. */
  namespace: string;
}

/** These add-ons by the role with which EKS annotates their service accounts; those without one are left out. */
export async function addonsByRole(
  { cluster, aws }: Session,
  names: readonly string[],
  abortSignal?: AbortSignal,
): Promise<Map<string, AddonVersion[]>> {
  const found = new Map<string, AddonVersion[]>();
  for (const addonName of names) {
    // The agent needs no role of its own: it uses that of its node
    if (addonName === AGENT_ADDON) continue;
    const answer = await orUndefined(
      aws.eks.send(
        new packages.eks.DescribeAddonCommand({
          clusterName: cluster.name,
          addonName,
        }),
        { abortSignal },
      ),
    );
    const {
      serviceAccountRoleArn: roleArn,
      addonVersion: version = '',
      namespaceConfig,
    } = answer?.addon ?? {};
    if (roleArn) {
      const { namespace = 'kube-system' } = namespaceConfig ?? {};
      const one = { name: addonName, version, namespace };
      found.set(roleArn, [...(found.get(roleArn) ?? []), one]);
    }
  }
  return found;
}

/** Names of the service accounts of an add-on that take Pod Identity in one version of it; none where that does not support it. */
export async function takesPodIdentity(
  { aws }: Pick<Session, 'aws'>,
  {
    name: addonName,
    version: addonVersion,
  }: Pick<AddonVersion, 'name' | 'version'>,
  abortSignal?: AbortSignal,
): Promise<string[]> {
  const { podIdentityConfiguration = [] } = await aws.eks.send(
    new packages.eks.DescribeAddonConfigurationCommand({
      addonName,
      addonVersion,
    }),
    { abortSignal },
  );
  return podIdentityConfiguration.flatMap(
    ({ serviceAccount }) => serviceAccount ?? [],
  );
}
