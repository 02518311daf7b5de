import { matchesPattern } from '../iam/conditionOperators';
import { capitalised } from '../text/capitalised';
import { listed } from '../text/listed';
import { valueOf } from '../verification/framework/fact';
import type { AccessFacts } from './facts';
import { type Account, both } from './roads';

const ITS_OWN = 'Pod Identity names sessions itself.';

/** What depends on the name that a program gives its session by IRSA. Pod Identity keeps no such name. */
export function ofSessionNames(
  account: Account,
  facts: AccessFacts,
): Record<'blocked' | 'unknown' | 'notes', string[]> {
  const found = {
    blocked: [] as string[],
    unknown: [] as string[],
    notes: [] as string[],
  };
  const set = both(account, 'sessionNames');
  const roleArn = (account.association ?? account.annotated)?.roleArn ?? '';
  const { sessionNames = [] } = valueOf(facts.roles)?.get(roleArn) ?? {};
  for (const { name, policy } of sessionNames) {
    const depends = `${policy} depends on the session name${
      name === '*' ? '' : ` ${name}`
    }`;
    const fitting = set.filter(one => matchesPattern(name, one));
    if (fitting.length > 0) {
      found.blocked.push(
        `${capitalised(depends)}, and its pods set ${listed(
          fitting,
        )}. ${ITS_OWN}`,
      );
    } else {
      found.unknown.push(
        `${depends}, and whether its programs use that is not known`,
      );
    }
  }
  if (set.length > 0 && found.blocked.length === 0) {
    found.notes.push(
      `Its pods set the session name ${listed(
        set,
      )}. ${ITS_OWN} Policies of buckets, of keys and of other accounts may depend on it and are not read here.`,
    );
  }
  return found;
}
