import type { AssociateIntent } from './intents';
import { roleNameOfArn } from '../../identity/names';
import type { PlannedAssociate } from './planAssociate';

/** What a step does, to complete "Could not …". */
export function intentInWords(
  intent: AssociateIntent,
  { scope, roleArn }: Pick<PlannedAssociate, 'scope' | 'roleArn'>,
): string {
  const { ref } = scope;
  const role = roleNameOfArn(roleArn);
  const serviceAccount = `${ref.namespace}/${ref.serviceAccount}`;
  switch (intent.type) {
    case 'create-role':
      return `create the role ${role}`;
    case 'describe-role':
      return `describe the role ${role}`;
    case 'put-trust':
      return `let ${serviceAccount} into the trust policy of ${role}`;
    case 'put-boundary':
      return `put the permissions boundary on ${role}`;
    case 'tag-role':
      return `tag the role ${role}`;
    case 'attach':
      return `attach ${intent.policyArn} to ${role}`;
    case 'detach':
      return `detach ${intent.policyArn} from ${role}`;
    case 'put-inline':
      return `write the inline policy ${intent.policyName} of ${role}`;
    case 'delete-inline':
      return `delete the inline policy ${intent.policyName} of ${role}`;
    default:
      return 'wait until new pods receive the identity';
  }
}
