import type {
  AssociateInput,
  Identity,
} from 'backstage-plugin-eks-pod-identity-common';

/**
 * What becomes of a part of the last request when a form repeats it: `form` has a field for it, `run` says only how that
 * run was to go, and `beyond` is something of the identity that no form of ours asks for.
 */
const PARTS: Record<keyof AssociateInput, 'form' | 'run' | 'beyond'> = {
  clusterName: 'form',
  namespace: 'form',
  serviceAccount: 'form',
  entityRef: 'form',
  roleArn: 'form',
  managedPolicyArns: 'form',
  roleName: 'beyond',
  rolePath: 'beyond',
  roleDescription: 'beyond',
  detachManagedPolicyArns: 'run',
  inlinePolicies: 'beyond',
  trustScope: 'beyond',
  targetRoleArn: 'beyond',
  disableSessionTags: 'beyond',
  sessionPolicy: 'beyond',
  createNamespace: 'run',
  createServiceAccount: 'run',
  installAgent: 'run',
  waitUntilEffective: 'run',
  timeoutSeconds: 'run',
  restartWorkloads: 'run',
  replaceRole: 'run',
  tags: 'beyond',
  planOnly: 'run',
};

const isEmpty = (value: unknown) =>
  value === undefined ||
  value === '' ||
  (typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 0);

/** The last request as a form takes it; undefined where the form could not say all of it. */
export function asForm(
  input: AssociateInput | undefined,
): Identity['repair'] | undefined {
  if (!input) return {};
  const isBeyond = (Object.keys(PARTS) as (keyof AssociateInput)[]).some(
    part => PARTS[part] === 'beyond' && !isEmpty(input[part]),
  );
  const { roleArn, managedPolicyArns = [] } = input;
  if (isBeyond || (roleArn && managedPolicyArns.length > 0)) return undefined;
  return roleArn ? { roleArn } : { managedPolicyArns };
}
