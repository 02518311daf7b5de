import type { ProbeLevel } from 'backstage-plugin-eks-pod-identity-common';
import type {
  PodIdentityCheck,
  PodIdentityCheckFacts,
} from 'backstage-plugin-eks-pod-identity-common';
import { raceAbort } from '../../async/raceAbort';
import {
  type AnyCheck,
  type CheckContext,
  type CheckInput,
  defineCheck,
} from '../framework/check';
import type { CheckId } from '../framework/checkIds';
import { valueOf } from '../framework/fact';

const SEEN_BY_ADOPTERS = [
  'association',
  'role',
  'rolePolicies',
  'serviceAccount',
] as const;
type SeenByAdopters = (typeof SEEN_BY_ADOPTERS)[number];

/**
 * Wraps an adopter's check as one of ours. It sees the same live state; an error becomes `unknown`, and it cannot
 * delay a run beyond the run's deadline.
 */
export function adaptCheck(
  check: PodIdentityCheck,
  run: { entityRef?: string; signal: AbortSignal },
): AnyCheck {
  return {
    ...defineCheck({
      id: check.id as CheckId,
      category: check.category,
      title: check.title,
      question: check.title,
      neededBy: (check.neededBy ?? []) as readonly ProbeLevel[],
      dependsOn: (check.dependsOn ?? []).map(id => ({
        check: id as CheckId,
        onlyWhenFailed: true,
      })),
      needs: [],
      uses: SEEN_BY_ADOPTERS,
      async evaluate(facts, context) {
        const seen = factsFor(facts, context, run.entityRef);
        return raceAbort(
          Promise.resolve(check.evaluate(seen, { signal: run.signal })),
          run.signal,
        );
      },
    }),
    docsUrl: check.docsUrl,
  };
}

function factsFor(
  facts: CheckInput<never, SeenByAdopters>,
  { ref, cluster }: CheckContext,
  entityRef: string | undefined,
): PodIdentityCheckFacts {
  const association = valueOf(facts.association);
  const role = valueOf(facts.role);
  const policies = valueOf(facts.rolePolicies);
  const account = valueOf(facts.serviceAccount);
  const { id, name, title, region, accountId, partition, arn } = cluster;
  return {
    ref,
    cluster: { id, name, title, region, accountId, partition, arn },
    entityRef,
    association: association
      ? {
          id: association.id,
          arn: association.arn,
          roleArn: association.roleArn,
          targetRoleArn: association.targetRoleArn,
          disableSessionTags: association.disableSessionTags,
          tags: association.tags,
        }
      : undefined,
    role: role
      ? {
          arn: role.arn,
          name: role.name,
          path: role.path,
          tags: role.tags,
          maxSessionDurationSeconds: role.maxSessionDurationSeconds,
          permissionsBoundaryArn: role.permissionsBoundaryArn,
          trustPolicy: role.trustPolicy,
          attachedPolicyArns: policies?.attached,
        }
      : undefined,
    serviceAccount: account
      ? { labels: account.labels, annotations: account.annotations }
      : undefined,
  };
}
