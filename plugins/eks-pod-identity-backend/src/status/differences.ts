import type { IdentityParts } from 'backstage-plugin-eks-pod-identity-common';
import { nameOfArn } from 'eks-pod-identity-engine/portal';

type Association = NonNullable<IdentityParts['association']>;
type Role = NonNullable<IdentityParts['role']>;
type Policies = NonNullable<IdentityParts['policies']>;

/** The name of a role; its account too, where the names are the same. */
function nameBeside(arn: string, other: string): string {
  const name = nameOfArn(arn);
  return name === nameOfArn(other) ? arn : name;
}

function ofTarget(was: string | undefined, is: string | undefined): string {
  if (!is) {
    return `The association has no target role any more; it was ${nameOfArn(
      was!,
    )}.`;
  }
  return was
    ? `The association has another target role: ${nameBeside(
        is,
        was,
      )}, not ${nameBeside(was, is)}.`
    : `The association has a target role now: ${nameOfArn(is)}.`;
}

function ofPolicy(was: string | undefined, is: string | undefined): string {
  if (!is) return 'The association has no session policy any more.';
  return was
    ? 'The association has another session policy.'
    : 'The association has a session policy now.';
}

function ofAssociation(before: Association, now: Association): string[] {
  const said: string[] = [];
  if (before.id !== now.id) said.push('The association was made again.');
  if (before.roleArn !== now.roleArn) {
    said.push(
      `The association has another role: ${nameBeside(
        now.roleArn,
        before.roleArn,
      )}, not ${nameBeside(before.roleArn, now.roleArn)}.`,
    );
  }
  if (before.targetRoleArn !== now.targetRoleArn) {
    said.push(ofTarget(before.targetRoleArn, now.targetRoleArn));
  }
  if (before.disableSessionTags !== now.disableSessionTags) {
    said.push(
      `Session tags of the association are ${
        now.disableSessionTags ? 'off' : 'on'
      } now.`,
    );
  }
  if (before.policy !== now.policy) {
    said.push(ofPolicy(before.policy, now.policy));
  }
  if (said.length === 0 && before.modifiedAt !== now.modifiedAt) {
    said.push('The association was written again with the same settings.');
  }
  return said;
}

function ofRole(before: Role, now: Role): string[] {
  // The association says so.
  if (before.arn !== now.arn) return [];
  const name = nameOfArn(now.arn);
  const said: string[] = [];
  if (before.id !== now.id) {
    said.push(`The role ${name} was deleted and made again.`);
  }
  if (before.trust !== now.trust) {
    said.push(`The trust policy of ${name} is different now.`);
  }
  if (before.boundaryArn !== now.boundaryArn) {
    const [is, was] = [now.boundaryArn, before.boundaryArn];
    said.push(
      is
        ? `The permissions boundary of ${name} is ${
            was ? nameBeside(is, was) : nameOfArn(is)
          }, not ${was ? nameBeside(was, is) : 'none'}.`
        : `The role ${name} has no permissions boundary any more; it was ${nameOfArn(
            was!,
          )}.`,
    );
  }
  return said;
}

/** Those of the first list that the second has not. */
const without = (some: readonly string[], others: readonly string[]) =>
  some.filter(one => !others.includes(one));

function ofPolicies(before: Policies, now: Policies, role: string): string[] {
  const name = nameOfArn(role);
  return [
    ...without(now.attached, before.attached).map(
      arn => `The policy ${nameOfArn(arn)} is attached to ${name} now.`,
    ),
    ...without(before.attached, now.attached).map(
      arn =>
        `The policy ${nameOfArn(arn)} is not attached to ${name} any more.`,
    ),
    ...without(now.inline, before.inline).map(
      policy => `The role ${name} has the inline policy ${policy} now.`,
    ),
    ...without(before.inline, now.inline).map(
      policy => `The role ${name} has no inline policy ${policy} any more.`,
    ),
  ];
}

/**
 * What of an identity is otherwise than it was, one sentence each, from the association to the policies. What one of the two
 * did not read is not compared. What a policy says is in neither: only that it is there.
 */
export function differences(
  before: IdentityParts | undefined,
  now: IdentityParts | undefined,
): string[] {
  if (!before || !now) return [];
  const said: string[] = [];
  if (before.association && now.missing?.includes('association')) {
    return ['The association is gone.'];
  }
  if (before.association && now.association) {
    said.push(...ofAssociation(before.association, now.association));
  }
  if (before.role && now.missing?.includes('role')) {
    if (!now.association || now.association.roleArn === before.role.arn) {
      said.push(`The role ${nameOfArn(before.role.arn)} is gone.`);
    }
    return said;
  }
  if (before.role && now.role) {
    said.push(...ofRole(before.role, now.role));
    // Another role has other policies.
    if (before.role.arn === now.role.arn && before.policies && now.policies) {
      said.push(...ofPolicies(before.policies, now.policies, now.role.arn));
    }
  }
  return said;
}
