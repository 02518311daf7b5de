import { readWebIdentityTrust } from '../identity/webIdentityTrust';
import { valueOf } from '../verification/framework/fact';
import type { AccessFacts } from './facts';
import { questionOf } from './trust';

/** Made once for all rows of a look: many service accounts may have the annotation of one role. */
const MADE = new WeakMap<AccessFacts, Map<string, string[]>>();

/** Service accounts without an association, by the role of their annotation. */
function byRole(facts: AccessFacts): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const associations = valueOf(facts.associations);
  for (const [key, { roleArn }] of valueOf(facts.annotated) ?? []) {
    if (associations?.has(key)) continue;
    const others = found.get(roleArn);
    if (others) others.push(key);
    else found.set(roleArn, [key]);
  }
  const roles = valueOf(facts.roles);
  for (const [roleArn, keys] of found) {
    const role = roles?.get(roleArn)?.role;
    const fit = (key: string) => {
      const [namespace, name] = key.split('/');
      const annotated = valueOf(facts.annotated)?.get(key);
      const account = { namespace, name, annotated };
      const question = questionOf(account, facts, roleArn);
      if (!role || !question) return false;
      const trust = readWebIdentityTrust(role.trustPolicy, question);
      return trust.answer !== 'no' && trust.pattern !== undefined;
    };
    found.set(roleArn, keys.filter(fit).sort());
  }
  return found;
}

/**
 * What a pattern of the trust policy of a role comes to: each service account, as `namespace/name`, that it lets in, whose
 * annotation names the role, and which has no association. What is made tomorrow is not among them.
 */
export function fitting(facts: AccessFacts, roleArn: string): string[] {
  let made = MADE.get(facts);
  if (!made) MADE.set(facts, (made = byRole(facts)));
  return made.get(roleArn) ?? [];
}
