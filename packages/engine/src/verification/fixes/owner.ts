import type { Association } from '../../aws/association';
import { ownership } from '../../identity/ownership';
import type { CheckContext } from '../check';

/** Set by the controllers of ACK: the namespace of the custom resource. */
const ACK_NAMESPACE = 'services.k8s.aws/namespace';
const STACK = 'aws:cloudformation:stack-name';

/** Who changes an association, as far as its owner and tags tell. */
export interface AssociationOwner {
  /** The portal changes it on request; every other owner has to be asked. */
  portal: boolean;
  /** To follow "The association belongs to". */
  name: string;
  /** Where the owner changes it, to begin a sentence. */
  where: string;
}

/** The owner of an association: a fix that the portal would refuse helps no reader. */
export function associationOwner(
  { ownerArn, tags }: Association,
  { ref, cluster, portalId }: CheckContext,
): AssociationOwner {
  const other = (name: string, where: string) => ({
    portal: false,
    name,
    where,
  });
  if (ownerArn) {
    return other(ownerArn, 'Change it through the EKS add-on that owns it');
  }
  if (ownership(tags, { ...ref, portalId, cluster }).kind === 'ours') {
    return {
      portal: true,
      name: 'this portal',
      where: 'Run "Give a component an AWS identity" again',
    };
  }
  const namespace = tags[ACK_NAMESPACE];
  if (namespace) {
    return other(
      `ACK (custom resources in namespace ${namespace})`,
      `Change the PodIdentityAssociation resource in namespace ${namespace}, from which ACK made it`,
    );
  }
  const stack = tags[STACK];
  if (stack) {
    return other(
      `the CloudFormation stack ${stack}`,
      `Change it in the CloudFormation stack ${stack}`,
    );
  }
  return other(
    'another owner: it does not carry the ownership tags of this portal',
    'The portal does not change it: ask its owner, or change it where it was made (Terraform, eksctl or another tool)',
  );
}
