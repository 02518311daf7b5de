import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import { type Maker, makerOfTags } from '../../identity/makers';
import { ownership } from '../../identity/ownership';
import type { CheckContext } from '../framework/check';
import { voiceOf } from '../../text/voice';
import { capitalised } from '../../text/capitalised';

/** Who changes a resource, as far as its owner and tags tell. */
export interface Owner {
  /** The portal changes it on request; every other owner has to be asked. */
  portal: boolean;
  /** To follow "The association belongs to". */
  name: string;
  /** Where the owner changes it, to begin a sentence. */
  where: string;
  /** The tool from whose source it was made. */
  maker?: Maker;
  /** What becomes of a change that a command makes beside that source. */
  undone: string[];
}

const KINDS = {
  association: 'PodIdentityAssociation resource',
  role: 'Role resource',
};

/** Who changes what a tool made, and what becomes of a change beside it. */
export function madeBy(
  maker: Maker,
  what: keyof typeof KINDS,
): Omit<Owner, 'portal'> {
  switch (maker.by) {
    case 'ack':
      return {
        maker,
        name: `ACK (custom resources in namespace ${maker.namespace})`,
        where: `Change the ${KINDS[what]} in namespace ${maker.namespace}, from which ACK made it`,
        undone: [],
      };
    case 'crossplane':
      return {
        maker,
        name: `Crossplane (${maker.kind} ${maker.name})`,
        where: `Change the resource ${maker.name} (${maker.kind}), from which Crossplane made it, or the claim above it`,
        undone: [],
      };
    case 'stack':
      return {
        maker,
        name: `the ${maker.tool} stack ${maker.stack}`,
        where: `Change it in the ${maker.tool} stack ${maker.stack}`,
        undone: [
          `The ${maker.tool} stack ${maker.stack} made the ${what}: change it there too, or the next update of the stack may undo the command.`,
        ],
      };
    default:
      return {
        maker,
        name: `${maker.tool}, as its tag ${maker.tag} says`,
        where: `Change it in the code of ${maker.tool} (it has the tag ${maker.tag})`,
        undone: [
          `${maker.tool} made the ${what}, as its tag ${maker.tag} says: change it there too, or the next run of ${maker.tool} undoes the command.`,
        ],
      };
  }
}

function byTags(
  what: keyof typeof KINDS,
  tags: Record<string, string>,
  { ref, cluster, portalId }: CheckContext,
): Owner {
  const voice = voiceOf(cluster);
  if (ownership(tags, { ...ref, portalId, cluster }).kind === 'ours') {
    return {
      portal: true,
      name: voice.us,
      where: capitalised(voice.again),
      undone: [],
    };
  }
  const maker = makerOfTags(tags);
  if (maker) return { portal: false, ...madeBy(maker, what) };
  return {
    portal: false,
    name: `another owner: it does not carry the ownership tags of ${voice.us}`,
    where: `${capitalised(
      voice.me,
    )} does not change it: ask its owner, or change it where it was made (Terraform, eksctl or another tool)`,
    undone: [],
  };
}

/** The owner of an association: a fix that the portal would refuse helps no reader. */
export function associationOwner(
  { ownerArn, tags }: Association,
  context: CheckContext,
): Owner {
  return ownerArn
    ? {
        portal: false,
        name: ownerArn,
        where: 'Change it through the EKS add-on that owns it',
        undone: [],
      }
    : byTags('association', tags, context);
}

/**
 * What to do about a Deny that stands in a role of ours beside what was written for it: it can lock the role on purpose,
 * so that an administrator alone takes it out.
 */
export function foreignDeny(where: string, { cluster }: CheckContext): string {
  const { me } = voiceOf(cluster);
  return `${capitalised(
    me,
  )} did not write ${where}, and never removes a Deny: someone may have added it on purpose. Find out why first; then an administrator can narrow or remove it.`;
}

/** The owner of a role. */
export function roleOwner({ tags }: Role, context: CheckContext): Owner {
  return byTags('role', tags, context);
}
