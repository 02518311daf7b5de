import { InputError } from '@backstage/errors';
import {
  MAX_PERMISSION_CHECKS,
  type PermissionCheck,
  policyTestNames,
  type VerifyInput,
} from 'backstage-plugin-eks-pod-identity-common';
import { checkCommand } from '../clusters/probeCommand';
import type { ClusterConfig } from '../clusters/types';

/** Names reserved for the probe's own output lines. */
const RESERVED_NAMES = ['identity'];

/**
 * Judges the commands that a probe runs with the pod's credentials.
 *
 * @throws InputError or NotAllowedError naming the word and the rule
 * @public
 */
export function checkPermissionChecks(
  checks: PermissionCheck[] | undefined,
  cluster: ClusterConfig,
): void {
  const list = checks ?? [];
  if (list.length > MAX_PERMISSION_CHECKS) {
    throw new InputError(
      `permissionChecks has ${list.length} entries, and one pod can report at most ${MAX_PERMISSION_CHECKS}`,
    );
  }
  const names = new Set<string>();
  list.forEach(({ name, command }, index) => {
    const field = `permissionChecks[${index}]`;
    if (RESERVED_NAMES.includes(name)) {
      throw new InputError(`${field}.name "${name}" is reserved`);
    }
    if (names.has(name)) {
      throw new InputError(`${field}.name "${name}" appears twice`);
    }
    names.add(name);
    checkCommand(`${field}.command`, command, cluster);
  });
}

/** The command that tests a managed policy on the cluster, if its configuration names one. @public */
export function policyTestOf(
  arn: string,
  cluster: Pick<ClusterConfig, 'guardrails'>,
): string[] | undefined {
  const { policyTests } = cluster.guardrails.probe;
  return Object.hasOwn(policyTests, arn) ? policyTests[arn] : undefined;
}

/**
 * The same verification with permission checks in place of the managed policies to test: those that a command of the
 * configuration tests, as many as one pod can report.
 *
 * @public
 */
export function withPolicyTests(
  { managedPolicyArns, ...input }: VerifyInput,
  cluster: ClusterConfig,
): VerifyInput {
  if (!managedPolicyArns) return input;
  const permissionChecks = [...(input.permissionChecks ?? [])];
  for (const [arn, name] of policyTestNames(managedPolicyArns)) {
    const command = policyTestOf(arn, cluster);
    if (command && permissionChecks.length < MAX_PERMISSION_CHECKS) {
      permissionChecks.push({ name, command });
    }
  }
  return { ...input, permissionChecks };
}
