import { asList, type PolicyDocument } from '../iam/policyDocument';
import { judgePower } from './forbiddenActions';

/** Writes that many policies of AWS contain and that give nothing away: AWS decides what such a role may do. */
const HARMLESS = ['iam:createservicelinkedrole', 'iam:deleteservicelinkedrole'];

/**
 * Why a policy gives control of the account, or a way to gain it; undefined when it does not. Judged by what the policy
 * allows: names tell little, and AWS adds policies.
 */
export function powerOf({ Statement }: PolicyDocument): string | undefined {
  for (const { Effect, Action, NotAction } of Statement) {
    if (Effect !== 'Allow') continue;
    if (NotAction !== undefined) {
      return `allows everything but ${asList(NotAction).join(', ')}`;
    }
    for (const action of asList(Action)) {
      if (HARMLESS.includes(String(action).toLowerCase())) continue;
      const power = judgePower(String(action));
      if (power) return power;
    }
  }
  return undefined;
}
