import type {
  AssociateInput,
  Identity,
} from 'backstage-plugin-eks-pod-identity-common';

/**
 * What becomes of a part of the last request when it is repeated from a form:
 *
 * - `form`: the form has a field for it
 * - `run`: it said only how that run was to go, and what it did stays done
 * - `setting`: the form does not ask for it; `keepSettings` takes it from the last request
 * - `role`: the same, but of the role: another role has its own
 */
const PARTS: Record<keyof AssociateInput, 'form' | 'run' | 'setting' | 'role'> =
  {
    clusterName: 'form',
    namespace: 'form',
    serviceAccount: 'form',
    entityRef: 'form',
    roleArn: 'form',
    managedPolicyArns: 'form',
    roleName: 'role',
    rolePath: 'role',
    roleDescription: 'role',
    detachManagedPolicyArns: 'run',
    inlinePolicies: 'role',
    trustScope: 'role',
    targetRoleArn: 'setting',
    disableSessionTags: 'setting',
    sessionPolicy: 'setting',
    createNamespace: 'run',
    createServiceAccount: 'run',
    installAgent: 'run',
    waitUntilEffective: 'run',
    timeoutSeconds: 'run',
    restartWorkloads: 'run',
    replaceRole: 'run',
    tags: 'setting',
    planOnly: 'run',
    keepSettings: 'run',
  };

const ALL = Object.keys(PARTS) as (keyof AssociateInput)[];

const isEmpty = (value: unknown) =>
  value === undefined ||
  value === '' ||
  (typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 0);

/**
 * The last request as a form takes it; undefined where the form cannot say it: policies belong to a role that it makes,
 * and a role that exists gets none.
 */
export function asForm(
  input: AssociateInput | undefined,
): Identity['repair'] | undefined {
  if (!input) return {};
  const { roleArn, managedPolicyArns = [] } = input;
  if (roleArn && managedPolicyArns.length > 0) return undefined;
  const keeps = ALL.some(
    part => /setting|role/.test(PARTS[part]) && !isEmpty(input[part]),
  );
  return {
    ...(roleArn ? { roleArn } : { managedPolicyArns }),
    ...(keeps ? { keepSettings: true } : {}),
  };
}

/** A request with what it leaves out and the last one set. */
export function withLastSettings(
  { keepSettings: _done, ...input }: AssociateInput,
  last: AssociateInput,
): AssociateInput {
  const sameRole = (input.roleArn || undefined) === (last.roleArn || undefined);
  const kept = ALL.filter(
    part => PARTS[part] === 'setting' || (PARTS[part] === 'role' && sameRole),
  );
  return {
    ...Object.fromEntries(
      kept.flatMap(part =>
        last[part] === undefined ? [] : [[part, last[part]]],
      ),
    ),
    ...input,
  };
}
