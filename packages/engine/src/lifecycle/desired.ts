import { InputError } from '@backstage/errors';
import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../aws/association';
import { checkTargetRole, checkTrustWithoutTags } from '../guardrails';
import {
  askedSettings,
  type AssociationSettings,
  settingsAfter,
} from '../identity/associationSettings';
import { entityTags } from '../identity/entityRecord';
import type { Tags } from '../identity/ownership';
import { inlinePolicyName, TARGET_POLICY_NAME } from '../identity/names';
import type { Scope } from './steps/scope';
import { targetAssumePolicy } from '../identity/snippets';
import type { TrustScope } from '../identity/trust';

/** A request with its defaults, resolved against the existing association. */
export interface Desired {
  /** Wanted settings of the association, except the role. */
  settings: Omit<AssociationSettings, 'roleArn'>;
  sessionTags: boolean;
  trustScope: TrustScope;
  /** After the change; `undefined` means none. */
  targetRoleArn?: string;
  boundaryArn?: string;
  managed: string[];
  detach: string[];
  /** By their real names. Without a request our existing policies stay. */
  inline: { policies: Map<string, object>; others: 'keep' | 'remove' };
  /** Tags of the request and of its entity: compared with the live ones, unlike the configured tags. */
  tags: Tags;
}

/**
 * Applies the defaults of a request. As in the AWS API, a setting that is left out keeps the value of our existing
 * association, and an empty string clears it.
 *
 * @throws InputError when the settings exclude each other
 */
export function desiredState(
  scope: Scope,
  input: AssociateInput,
  own: Association | undefined,
): Desired {
  const { entity } = scope.context;
  const { roleArn: _chosenElsewhere, ...settings } = settingsAfter(
    own,
    askedSettings(input),
  );
  const { disableSessionTags, policy, targetRoleArn } = settings;
  const sessionTags = !disableSessionTags;
  // A request with its own policy has already been judged.
  if (policy && sessionTags) {
    throw new InputError(
      'disableSessionTags: the association has a session policy, which AWS accepts only while session tags are off. Clear it with sessionPolicy: "" first, or in the same request.',
    );
  }
  // One that the association keeps may have been allowed once.
  checkTargetRole(targetRoleArn, scope.cluster);
  if (!sessionTags) checkTrustWithoutTags(input.trustScope);
  const policies = new Map<string, object>(
    Object.entries(input.inlinePolicies ?? {}).map(([name, document]) => [
      inlinePolicyName(name),
      document,
    ]),
  );
  if (targetRoleArn) {
    policies.set(TARGET_POLICY_NAME, targetAssumePolicy(targetRoleArn));
  }
  return {
    settings,
    sessionTags,
    trustScope:
      input.trustScope ?? (sessionTags ? 'serviceAccount' : 'account'),
    targetRoleArn,
    boundaryArn: scope.cluster.guardrails.permissionsBoundaryArn,
    managed: unique(input.managedPolicyArns),
    detach: unique(input.detachManagedPolicyArns),
    inline: { policies, others: input.inlinePolicies ? 'remove' : 'keep' },
    tags: { ...input.tags, ...(entity && entityTags(entity)) },
  };
}

function unique(values: string[] | undefined): string[] {
  return [...new Set(values ?? [])];
}
