import type { PodIdentityMaker } from 'backstage-plugin-eks-pod-identity-common';
import type { Role } from '../aws/role';
import { makerOfTags } from './makers';
import type { Tags } from './ownership';

/** What Terraform puts behind a `name_prefix`: a time of 18 digits and a counter of 8 hexadecimal digits. */
const TERRAFORM_SUFFIX = /\d{18}[0-9a-f]{8}$/;
/** Of the stacks in which eksctl makes roles of service accounts. */
const EKSCTL_TAG = 'alpha.eksctl.io/iamserviceaccount-name';

/** The tool that made a resource, as far as its tags tell. */
export function toolOfTags(
  tags: Tags | undefined,
): PodIdentityMaker | undefined {
  const maker = makerOfTags(tags);
  switch (maker?.by) {
    case 'ack':
      return { tool: 'ACK', by: 'tag' };
    case 'crossplane':
      return { tool: 'Crossplane', by: 'tag' };
    case 'stack':
    case 'code':
      return { tool: maker.tool, by: 'tag' };
    default:
      return undefined;
  }
}

/** The tool that made a role, as far as its tags and its name tell. Most of what Terraform makes carries no tag. */
export function makerOfRole({
  name,
  tags,
}: Pick<Role, 'name' | 'tags'>): PodIdentityMaker | undefined {
  if (tags[EKSCTL_TAG]) return { tool: 'eksctl', by: 'tag' };
  const tagged = toolOfTags(tags);
  if (tagged) return tagged;
  if (TERRAFORM_SUFFIX.test(name)) return { tool: 'Terraform', by: 'name' };
  return name.startsWith('eksctl-')
    ? { tool: 'eksctl', by: 'name' }
    : undefined;
}
