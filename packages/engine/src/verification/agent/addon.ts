import type { ClusterConfig } from '../../clusters/types';
import { aws, bash, type Command, kubectl } from '../../text/bash';

/** Lets EKS apply the add-on of the agent again, over every change of its objects; with values, these replace all that are set. */
export const applyAddonCommand = (
  { name, region }: Pick<ClusterConfig, 'name' | 'region'>,
  values?: string,
): Command =>
  aws`eks update-addon --region ${region} --cluster-name ${name} --addon-name eks-pod-identity-agent --resolve-conflicts OVERWRITE${
    values ? bash` --configuration-values ${values}` : []
  }`;

export const LIST_AGENTS = kubectl('get', {
  kind: 'pods',
})`-A -l app.kubernetes.io/instance=eks-pod-identity-agent -o wide`;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merged(
  one: Record<string, unknown>,
  other: Record<string, unknown>,
): Record<string, unknown> {
  const both = Object.entries(other).map(([key, value]) => {
    const before = one[key];
    return [
      key,
      isObject(before) && isObject(value) ? merged(before, value) : value,
    ];
  });
  return { ...one, ...Object.fromEntries(both) };
}

/** Values beside those that an add-on has; undefined where these are not JSON, which EKS does not ask for. */
export function withValues(
  configured: string | undefined,
  values: Record<string, unknown>,
): string | undefined {
  try {
    const before: unknown = JSON.parse(configured || '{}');
    return isObject(before)
      ? JSON.stringify(merged(before, values))
      : undefined;
  } catch {
    return undefined;
  }
}
